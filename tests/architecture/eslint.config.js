/** The house's lint rules. Run: eslint --config tests/architecture/eslint.config.js src consumers tests */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const modules = [
  { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
  { selector: 'ExportAllDeclaration', message: 'Import from the file itself; no barrels.' },
  { selector: "CallExpression[callee.property.name='unsafe']", message: 'Write SQL as a tagged template.' },
];
const clock = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take the Clock you were given.' },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Take the Clock you were given.',
  },
];
const sqlAtHome = [
  {
    selector: 'TaggedTemplateExpression[tag.name=/^(sql|tx)$/]',
    message: 'SQL lives beside the capability that owns the table.',
  },
];
const environment = {
  object: 'process',
  property: 'env',
  message: 'The environment is read in src/platform/config.ts.',
};

const config = tseslint.config(
  { ignores: ['**/node_modules', '**/dist', '**/*.cjs', '**/*.mjs', '**/*.config.{js,ts}'] },
  ...tseslint.configs.strictTypeChecked,
  {
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    plugins: { jsdoc },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      eqeqeq: 'error',
      'no-restricted-properties': ['error', environment],
      'no-restricted-syntax': ['error', ...modules, ...clock],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // A zod schema and its type share a name on purpose.
      '@typescript-eslint/no-redeclare': 'off',
      // Type parameters that say what a generic call returns are how rows get their type.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // The client's own type is called so in the driver.
      '@typescript-eslint/no-empty-object-type': 'off',
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { ClassDeclaration: true, FunctionDeclaration: true },
          contexts: ['TSInterfaceDeclaration'],
          checkConstructors: false,
        },
      ],
    },
  },
  {
    files: ['src/http/**', 'src/realtime/**', 'consumers/**'],
    rules: { 'no-restricted-syntax': ['error', ...modules, ...clock, ...sqlAtHome] },
  },
  { files: ['src/lib/clock.ts'], rules: { 'no-restricted-syntax': ['error', ...modules] } },
  { files: ['src/platform/config.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['tests/**', '**/*.spec.{ts,tsx}', 'loadtest/**'],
    rules: {
      'max-lines-per-function': 'off',
      'jsdoc/require-jsdoc': 'off',
      'no-restricted-syntax': ['error', ...modules],
      'no-restricted-properties': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);

// ESLint reads only a default export.
export { config as default };
