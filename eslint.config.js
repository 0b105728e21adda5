/** Type-checked rules, the import rules of the architecture, and the rules of Lit. */
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import boundaries from 'eslint-plugin-boundaries';
import { importX } from 'eslint-plugin-import-x';
import { configs as litConfigs } from 'eslint-plugin-lit';
import { globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What each room may import besides itself. Tests may import everything. */
const ROOMS = {
  shaders: [],
  engine: [],
  kernels: ['shaders', 'engine'],
  models: ['engine', 'kernels'],
  tasks: ['engine', 'kernels', 'models'],
  ui: ['engine', 'tasks', 'models', 'bench', 'shaders'],
  runner: ['engine', 'kernels', 'models', 'tasks', 'bench'],
  cli: ['engine', 'models', 'tasks', 'bench', 'runner', 'scripts'],
  scripts: [],
  library: ['engine', 'kernels', 'models', 'tasks', 'ui', 'bench'],
  bench: ['shaders', 'engine', 'kernels', 'models', 'tasks'],
  benches: ['engine', 'kernels', 'models', 'tasks', 'cli', 'bench', 'scripts'],
};

/** The command line runs in Node and the work in a browser: from the tasks and the page it takes types only, and what reads and checks settings. */
const PAGE_ONLY =
  '/(runner|tasks/(?!(presets|settings|(fine-tuning|classification)/settings|datasets/(csv-text|dataset|labels-csv)|picture|pictures/picture-size|results/(chosen-settings|result-record))\\.js$).*)';

/** Where tfjs may be imported: the seam of the engine, the code that really works with tfjs models, and tfjs as a peer. */
const TFJS_FILES = [
  'src/engine/tfjs-bridge*.ts',
  'src/models/mobilenet/**',
  'src/models/**/*tfjs*.ts',
  'src/tasks/classification/**',
  'src/tasks/fine-tuning/**',
  'src/bench/peers/**',
];

export default tseslint.config(
  globalIgnores(['dist', 'out', 'coverage', '.cache', 'assets', 'examples', 'types', 'test/data']),
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Attribute sets must be type aliases to be assignable to a record.
      '@typescript-eslint/consistent-type-definitions': 'off',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'bench/**/*.ts'],
    plugins: { boundaries, 'import-x': importX },
    settings: {
      'boundaries/root-path': import.meta.dirname,
      'boundaries/elements': [
        { type: 'shaders', pattern: 'shaders' },
        { type: 'runner', pattern: 'src/cli/runner' },
        { type: 'cli', pattern: 'src/cli' },
        ...['engine', 'kernels', 'models', 'tasks', 'ui', 'bench'].map((type) => ({ type, pattern: `src/${type}` })),
        { type: 'library', pattern: 'src' },
        { type: 'scripts', pattern: 'scripts' },
        { type: 'benches', pattern: 'bench/**', partialMatch: false },
      ],
      'import/resolver': { typescript: { project: 'tsconfig.json' } },
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'tsconfig.json' })],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'boundaries/no-unknown-files': 'error',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: Object.entries(ROOMS).map(([from, rooms]) => ({
            from: { element: { type: from } },
            allow: { to: { element: { types: { anyOf: [from, ...rooms] } } } },
          })),
        },
      ],
    },
  },
  {
    files: ['src/cli/*.ts'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ regex: PAGE_ONLY, allowTypeImports: true, message: 'Runs in the page: import its types only.' }] },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: [...TFJS_FILES, 'src/cli/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@tensorflow/*'], message: "Only the engine's bridge and code for tfjs models may import tfjs." }] },
      ],
    },
  },
  {
    // Built pages have kernels without these (scripts/lean-kernels.mjs). The self-test and the doctor take whole ones.
    files: ['src/tasks/**/*.ts', 'src/ui/**/*.ts', 'src/engine/{program,replay,select,budget,half-passes,tuner,tune-candidate,plan-tensors}.ts'],
    ignores: ['src/tasks/self-test.ts', 'src/tasks/doctor.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'MemberExpression[object.name=/^(kernel|definition|spec)$/][property.name=/^(summary|formula|reference|largeSamples|samples|generate|tolerance|halfTolerance)$/]',
          message: 'Kernels in built pages lack what only checks read.',
        },
      ],
    },
  },
  // Tables of functions whose types are those of the table.
  { files: ['test/ui/gallery/**/*.ts'], rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' } },
  { files: ['src/ui/**/*.ts'], extends: [litConfigs['flat/recommended']] },
);
