import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')

/** What a bundle's folder holds, and nothing else. */
export const bundleFiles = ['index.js', 'licenses.txt'] as const

/** A bundle is downloaded with every job that uses the action: 3 MB, uncompressed, is the most one may weigh. */
export const maxBundleBytes = 3_000_000

/** ssh2 carries a Windows program for PuTTY's agent. No action needs it, and virus scanners dislike it. */
const dropped = new Set(['pagent.exe'])

/** As far as we use it: https://github.com/vercel/ncc#programmatically-from-nodejs */
type Ncc = (
  input: string,
  options: Record<string, unknown>,
) => Promise<{ code: string; assets: Record<string, { source: Buffer | string }> }>

/** Names of the actions that have code, sorted. */
export function actionNames(): readonly string[] {
  const folder = join(root, 'actions')
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'main.ts')))
    .sort()
}

/**
 * Bundles one action into `<into>/<name>`, and starts the result once from there, where no node_modules is near: ncc
 * ends well on bundles that crash.
 *
 * Types are not checked here, `npm run types` does that once for all. Scripts of dependencies must not have run
 * (`ignore-scripts` in .npmrc), or native add-ons of this machine would be carried along; such a file is refused.
 */
export async function bundle(name: string, into: string): Promise<{ readonly bytes: number }> {
  const ncc = createRequire(import.meta.url)('@vercel/ncc') as Ncc
  const { code, assets } = await ncc(join(root, 'actions', name, 'main.ts'), {
    cache: false,
    minify: false,
    sourceMap: false,
    esm: false,
    transpileOnly: true,
    quiet: true,
    target: 'es2024',
    license: 'licenses.txt',
  })
  const files = new Map([['index.js', withUnixLines(code)]])
  for (const [file, { source }] of Object.entries(assets))
    if (!dropped.has(file)) files.set(file, withUnixLines(source.toString()))

  const foreign = [...files.keys()].filter((file) => !bundleFiles.some((known) => known === file))
  if (foreign.length > 0) throw new Error(`${name}: the bundle would carry ${foreign.join(', ')} beside index.js`)
  const bytes = Buffer.byteLength(code)
  if (bytes > maxBundleBytes) throw new Error(`${name}: ${bytes} bytes are over the limit of ${maxBundleBytes}`)

  const folder = join(into, name)
  rmSync(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const [file, content] of files) await writeFile(join(folder, file), content)
  refuseCrash(name, join(folder, 'index.js'))
  return { bytes }
}

/** As git will store it (.gitattributes), so that a checkout holds the same bytes as a build. */
function withUnixLines(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

/** Without inputs an action says on stdout which ones are missing and exits 1; whatever else happens is a broken bundle. */
function refuseCrash(name: string, file: string): void {
  const { status, stdout, stderr } = startBare(file)
  if (status === 1 && stderr === '' && stdout.includes('::error')) return
  throw new Error(
    `${name}: started without inputs it should name them and exit 1, but it exited ${status ?? 'never'}:\n${stdout}${stderr}`,
  )
}

/** Starts a bundle the way GitHub's runner does, but with nothing in its environment. */
export function startBare(file: string): { status: number | null; stdout: string; stderr: string } {
  const empty = mkdtempSync(join(tmpdir(), 'estiba-bare-'))
  try {
    const env = { PATH: '/usr/bin:/bin', HOME: empty, RUNNER_TEMP: empty }
    return spawnSync(process.execPath, [file], { cwd: empty, env, encoding: 'utf8', timeout: 30_000 })
  } finally {
    rmSync(empty, { recursive: true, force: true })
  }
}
