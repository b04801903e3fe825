import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = (path: string): string => new URL(path, import.meta.url).pathname;
const gateway = 'http://127.0.0.1:3000';

// Inlined assets would need `data:` in the content security policy, so every asset is a file.
export default defineConfig({
  root: here('.'),
  base: '/',
  plugins: [react()],
  build: {
    outDir: here('../dist/client'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The oldest that draw the styles as meant: light-dark(), and :has() in Firefox.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // Of its own, what a release seldom changes: browsers keep it.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: 'vendor', test: /node_modules\/(react|react-dom|scheduler|socket\.io.*|engine\.io.*)\// }],
        },
      },
    },
  },
  server: {
    port: 5173,
    fs: { allow: [here('..')] },
    proxy: { '/api': gateway, '/health': gateway, '/socket.io': { target: gateway, ws: true } },
  },
});
