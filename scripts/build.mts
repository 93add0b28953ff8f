/**
 * Bundles the actions: actions/<name>/main.ts -> dist/<name>/{index.js,licenses.txt}. The same source gives the same
 * bytes in any folder and on any run.
 *
 *   npm run build                      all of them
 *   npm run build -- smoke-test        these
 *   npm run build -- --into folder     elsewhere than into dist
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { actionNames, bundle, root } from './bundle.mts'

/** One process per bundle, two at a time: webpack keeps to one core, and takes half a gigabyte. */
const processes = 2

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { into: { type: 'string' }, single: { type: 'string' } },
})
const into = resolve(values.into ?? join(root, 'dist'))

if (values.single === undefined) await buildAll(chosen(positionals))
else await buildOne(values.single)

function chosen(wanted: readonly string[]): readonly string[] {
  const known = actionNames()
  const unknown = wanted.filter((name) => !known.includes(name))
  if (unknown.length === 0) return wanted.length === 0 ? known : wanted
  console.error(`No such action: ${unknown.join(', ')}. There are ${known.join(', ')}.`)
  process.exit(2)
}

/** Built aside and put in place only when all of it is well, so that a failed build leaves `dist` as it was. */
async function buildAll(names: readonly string[]): Promise<void> {
  const aside = mkdtempSync(join(tmpdir(), 'estiba-build-'))
  try {
    const waiting = [...names]
    const worker = async (): Promise<boolean> => {
      let well = true
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
        well = (await inOwnProcess(name, aside)) && well
      return well
    }
    const results = await Promise.all(Array.from({ length: processes }, worker))
    if (results.includes(false)) {
      process.exitCode = 1
      return
    }
    mkdirSync(into, { recursive: true })
    for (const stale of staleFolders(names)) rmSync(join(into, stale), { recursive: true })
    for (const name of names) {
      rmSync(join(into, name), { recursive: true, force: true })
      cpSync(join(aside, name), join(into, name), { recursive: true })
    }
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** Folders in `dist` whose action is gone; looked for only when everything was built. */
function staleFolders(built: readonly string[]): readonly string[] {
  const known = actionNames()
  return built.length < known.length ? [] : readdirSync(into).filter((name) => !known.includes(name))
}

async function inOwnProcess(name: string, folder: string): Promise<boolean> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, import.meta.filename, '--single', name, '--into', folder],
    {
      stdio: 'inherit',
    },
  )
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}

async function buildOne(name: string): Promise<void> {
  const start = performance.now()
  try {
    const { bytes } = await bundle(name, into)
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`${name.padEnd(20)} ${String(Math.round(bytes / 1000)).padStart(5)} kB ${seconds.padStart(6)} s`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
}
