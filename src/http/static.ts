/** The built web inbox. */
import type { Context, Middleware } from 'koa';
import send from 'send';
import { HttpRefusal } from './errors.ts';

/** Our own paths that are never a page of the inbox. */
const NOT_A_PAGE = /^\/(api|socket\.io|health|metrics|docs|simulator|assets|openapi\.json|asyncapi\.json)(\/|$)/;

/**
 * Serves the current files of `directory`, so that a page always finds the files it names, even after a rebuild.
 * Browser navigation to any other address gets the inbox's page, which reads the address itself.
 */
export function serveClient(directory: string): Middleware {
  return async (ctx, next) => {
    await next();
    if (ctx.status !== 404 || ctx.body != null || ctx.respond === false) return;
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return;
    if (await sendFile(ctx, directory, ctx.path)) return;
    if (isNavigation(ctx)) await sendFile(ctx, directory, '/index.html');
  };
}

/**
 * False if there is no such file. Files under /assets have their content's hash in their name and are cached for ever.
 * Rejects with the HTTP error for a malformed path, a path that leads outside, or a failed precondition.
 */
function sendFile(ctx: Context, root: string, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    // Koa presets 404, with which conditional requests would not be answered as "not modified".
    ctx.res.statusCode = 200;
    ctx.res.once('close', () => {
      ctx.respond = false;
      resolve(true);
    });
    const missing = (): void => {
      ctx.res.statusCode = 404;
      resolve(false);
    };
    send(ctx.req, path, { root, cacheControl: false, acceptRanges: false })
      .on('headers', () => {
        ctx.set('cache-control', path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
      })
      .on('directory', missing)
      .on('error', (error: Error & { readonly status: number }) => {
        ctx.remove('cache-control');
        if (error.status === 404) missing();
        // Do not distinguish outside from missing.
        else if (error.status === 403) reject(new HttpRefusal('not_found', 'There is nothing at this address.'));
        else reject(error);
      })
      .pipe(ctx.res);
  });
}

function isNavigation(ctx: Context): boolean {
  return ctx.method === 'GET' && ctx.get('accept').includes('text/html') && !NOT_A_PAGE.test(ctx.path);
}
