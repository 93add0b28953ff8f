/**
 * Everything that can be said of the repository without running it: format, lint, types, documentation, embedded programs,
 * bundles, shell and workflow linters, the lock file. Runs all of it and exits 1 if one check failed.
 *
 *   npm run check                    all
 *   npm run check -- types dist      these
 */
import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { tool } from '../test/support/lab/tools.ts'
import type { ToolName } from '../test/support/lab/tools.ts'
import { root } from './bundle.mts'

/** What one check found. `well` with a report is possible: it then says what was left out and why. */
interface Finding {
  readonly well: boolean
  readonly report: string
}

const node = [process.execPath, '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'] as const

const checks: Readonly<Record<string, () => Promise<Finding>>> = {
  lock: () => run('npm', 'ci', '--dry-run', '--ignore-scripts', '--offline'),
  format: () => run('prettier', '--check', '--log-level', 'warn', '.'),
  lint: () => run('eslint', '.', '--max-warnings', '0'),
  types: () => run('tsc', '--noEmit'),
  docs: () => run(...node, 'scripts/docs.mts', '--check'),
  programs: () => run(...node, 'scripts/embed.mts', '--check'),
  dist: freshDist,
  // What runs on servers keeps to POSIX, whatever sh is there; the rest is held to its own first line. The parts of a
  // program lie in a folder beside it, and are checked where it sources them: alone they would lack each other's names.
  shellcheck: () =>
    overFiles(
      'shellcheck',
      ['--shell=sh', '--external-sources', '--check-sourced', '--source-path=SCRIPTDIR'],
      ['src/*/*.sh'],
    ),
  'shellcheck-own': () => overFiles('shellcheck', [], ['test/**/*.sh', '.ci/run']),
  actionlint: () => overFiles('actionlint', [], ['.github/workflows/*.{yml,yaml}', 'workflows-templates/*.{yml,yaml}']),
  zizmor: () =>
    overFiles(
      'zizmor',
      ['--offline', '--no-progress', '--quiet'],
      ['.github/workflows/*.{yml,yaml}', 'workflows-templates/*.{yml,yaml}', 'actions/*/action.yml'],
    ),
}

const { positionals } = parseArgs({ allowPositionals: true })
const unknown = positionals.filter((name) => !(name in checks))
if (unknown.length > 0) {
  console.error(`No such check: ${unknown.join(', ')}. There are ${Object.keys(checks).join(', ')}.`)
  process.exit(2)
}

for (const [name, check] of Object.entries(checks)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const start = performance.now()
  const { well, report } = await check()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${well ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds.padStart(5)} s`)
  if (report.trim() !== '') console.log(report.trimEnd().replaceAll(/^/gm, '    '))
  if (!well) process.exitCode = 1
}

/** Runs a program of this repository or of the machine; its output is shown only when it failed. */
function run(program: string, ...args: readonly string[]): Promise<Finding> {
  const path = [join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter)
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env: { ...process.env, PATH: path } })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', (error) => {
      resolve({ well: false, report: error.message })
    })
    child.on('close', (code) => {
      resolve({ well: code === 0, report: code === 0 ? '' : Buffer.concat(output).toString() })
    })
  })
}

/** Runs a linter that npm does not bring; it is installed, pinned, on first use. */
async function overFiles(name: ToolName, args: readonly string[], patterns: readonly string[]): Promise<Finding> {
  const files = globSync([...patterns], { cwd: root, exclude: ['node_modules'] }).sort()
  if (files.length === 0) return { well: false, report: `There is nothing at ${patterns.join(', ')}.` }
  try {
    return await run(await tool(name), ...args, ...files)
  } catch (error) {
    return { well: false, report: error instanceof Error ? error.message : String(error) }
  }
}

/** Builds anew into a temporary folder and compares byte by byte with `dist`. */
async function freshDist(): Promise<Finding> {
  const fresh = mkdtempSync(join(tmpdir(), 'estiba-dist-'))
  try {
    const built = await run(...node, 'scripts/build.mts', '--into', fresh)
    if (!built.well) return built
    const committed = join(root, 'dist')
    const different = [...new Set([...filesIn(fresh), ...filesIn(committed)])].filter(
      (file) => !same(join(fresh, file), join(committed, file)),
    )
    if (different.length === 0) return { well: true, report: '' }
    const names = different.sort().map((file) => `dist/${file}`)
    return {
      well: false,
      report: `Not what the source builds: ${names.join(', ')}\nBuild and commit it with: npm run build && git add dist`,
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

function same(one: string, other: string): boolean {
  return existsSync(one) && existsSync(other) && readFileSync(one).equals(readFileSync(other))
}
