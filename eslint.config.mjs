import tseslint from 'typescript-eslint'

/** Where each library may be imported: one place knows GitHub, one SSH, one local processes. */
const fences = [
  { name: '@actions/core', message: 'Only src/runner talks to the runner.', allowed: 'src/runner/**' },
  { name: '@actions/github', message: 'Only src/runner talks to GitHub.', allowed: 'src/runner/**' },
  { name: '@actions/exec', message: 'Only src/command/local.ts runs local programs.', allowed: 'src/command/local.ts' },
  { name: 'node-ssh', message: 'Only src/host/ssh.ts opens connections.', allowed: 'src/host/ssh.ts' },
  { name: 'ssh2', message: 'Only src/host speaks SSH.', allowed: 'src/host/**' },
]

const paths = (excluded) =>
  fences.filter(({ allowed }) => !excluded.includes(allowed)).map(({ name, message }) => ({ name, message }))

const effects = ['node:fs', 'node:fs/promises', 'node:child_process', 'node:net', 'node:http', 'node:https']

export default tseslint.config(
  { ignores: ['dist', 'build', 'examples', 'node_modules', 'test/fixtures/busy-shop'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-control-regex': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
    },
  },
  {
    files: ['src/**/*.ts', 'actions/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: paths([]),
          patterns: [{ group: ['**/actions/**', '**/test/**'], message: 'Imports run one way: actions -> src.' }],
        },
      ],
    },
  },
  {
    files: ['src/runner/**'],
    rules: { 'no-restricted-imports': ['error', { paths: paths(['src/runner/**']) }] },
  },
  {
    files: ['src/host/**'],
    rules: { 'no-restricted-imports': ['error', { paths: paths(['src/host/**', 'src/host/ssh.ts']) }] },
  },
  {
    files: ['src/command/local.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: paths(['src/command/local.ts']) }] },
  },
  {
    files: ['src/plan/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [...paths([]), ...effects.map((name) => ({ name, message: 'Planning is pure: it has no effects.' }))],
        },
      ],
    },
  },
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
)
