/**
 * `npm test`: every tier but the faults, the load and the versions of Compose, on the bundles as they are built from this tree.
 * Installs what a tier needs, and says so. With arguments, only what vitest finds by them: `npm test -- test/unit`. `npm run
 * test:faults` is this with `--project faults`, `test:load` with `--project load`, and `test:compose` with `--project compose`;
 * `-- --shard 1/3` makes it a third of them.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { requirePrograms, requireTools } from '../test/support/lab/tools.ts'
import { holdEngine } from '../test/support/lab/engine.ts'

const given = process.argv.slice(2)
const filters = given.some((each) => each.startsWith('--project'))
  ? given
  : ['--project=!faults', '--project=!load', '--project=!compose', ...given]

async function run(title: string, program: string, ...args: string[]): Promise<boolean> {
  console.log(`\n${title}`)
  const child = spawn(program, args, { stdio: 'inherit' })
  const [code] = (await once(child, 'close')) as [number | null]
  return code === 0
}

async function test(): Promise<boolean> {
  if (!(await run('Build the bundles that the tests drive', process.execPath, 'scripts/build.mts'))) {
    console.log('\n0 passed, 1 failed, 0 skipped')
    return false
  }
  const reporters = ['--reporter=default', '--reporter=./scripts/closing-line.mts']
  return run('Test', 'vitest', 'run', ...reporters, ...filters)
}

/** What the contract tests need beside the lab's tools: a server to connect to, and the third shell of the agent. */
const programs = { sshd: 'openssh-server', busybox: 'busybox-static' }

await requireTools()
await requirePrograms(programs)
const engine = await holdEngine()
try {
  process.exitCode = (await test()) ? 0 : 1
} finally {
  await engine[Symbol.asyncDispose]()
}
