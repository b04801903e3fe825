// The house's lint rules, run by `npm run check` from the top of the checkout.
import { defineConfig } from 'eslint/config';
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

const ROOT = new URL('../..', import.meta.url).pathname;

const everywhere = [
  { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
  { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that has it.' },
  { selector: "CallExpression[callee.property.name='unsafe']", message: 'SQL is written in tagged templates only.' },
];
const noClock = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take the time from the clock.' },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Take the time from the clock.',
  },
];
const noSql = [
  {
    selector: 'TaggedTemplateExpression[tag.name=/^(sql|tx)$/]',
    message: 'SQL lives beside its row type, in src/inbox or src/platform.',
  },
];
// A type inferred from a schema is described at the schema.
const NAMED_TYPE = "TSTypeAliasDeclaration:not([typeAnnotation.typeName.right.name='infer'])";
const PRODUCT = ['src/**/*.ts', 'consumers/**/*.ts'];

export default defineConfig(
  {
    ignores: [
      '**/node_modules/**',
      'dist/**',
      'coverage/**',
      '.data/**',
      '**/fixtures/**',
      'loadtest/k6/**',
      'loadtest/bench/results/**',
      '**/.run/**',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: ROOT } },
    plugins: { jsdoc },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'no-restricted-syntax': ['error', ...everywhere],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // An async function without await still promises never to throw before its caller can catch.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: PRODUCT,
    rules: {
      'no-restricted-syntax': ['error', ...everywhere, ...noClock],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/platform/config.ts reads the environment.' },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'jsdoc/require-jsdoc': [
        'error',
        { publicOnly: true, contexts: [NAMED_TYPE, 'TSInterfaceDeclaration', 'ClassDeclaration'] },
      ],
    },
  },
  {
    files: ['src/http/**', 'src/realtime/**', 'consumers/**'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere, ...noClock, ...noSql] },
  },
  {
    files: ['src/lib/clock.ts', 'src/deps.ts'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere] },
  },
  { files: ['src/platform/config.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['tests/**', 'loadtest/**'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  {
    // Plain JavaScript whose types are JSDoc: what JSON.parse and once() give is asserted where it is read.
    files: ['**/*.{js,mjs}'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  {
    // What rivals bring along is installed with the bench, not with the product: here it may have no types.
    files: ['loadtest/bench/systems/peer/**'],
    rules: { '@typescript-eslint/no-unsafe-call': 'off' },
  },
  {
    // Tools that read nothing but a default export.
    files: ['tests/architecture/eslint.config.js', 'tests/support/plain-reporter.mjs', '**/vite.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
