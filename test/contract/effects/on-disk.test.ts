import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

/** In place of the real ones: what is synced is noted, and so is a file that gets its name before it is on disk. */
const watched = `
sync() { for synced; do printf '%s\\n' "\${synced#"$stack"/}" >>"$stack/synced"; done; }
mv() {
  for to; do :; done
  case $1 in -T) from=$2 ;; *) from=$1 ;; esac
  grep -qxF "\${from#"$stack"/}" "$stack/synced" || echo "not on disk: \${to#"$stack"/}"
  command mv "$@"
}`

function run(stack: TestStack, line: string) {
  const set = `project=shop stack=${stack.path} release=v2 variant=a; export ESTIBA_TX=${stack.path}/tx; : >"$stack/synced"`
  return stack.run({ argv: ['sh', '-c', [set, effectsProgram, watched, line].join('\n')] })
}

describe.concurrent.each(SHELLS)('what a way back goes by is on disk, in %s', (shell) => {
  test('the backup, its checksum, and the schema before a migration', async () => {
    await using stack = new TestStack(shell)
    for (const folder of ['tx', 'backups']) mkdirSync(join(stack.path, folder))
    stack.put(
      'docker',
      `#!/bin/sh\ncase $1 in ps) echo c1 ;; exec) case $* in *pg_dump*) echo schema ;; esac ;; esac\n`,
    )
    const { code, lines } = await run(stack, 'back_up db')
    expect(code).toBe(0)
    expect(lines).toEqual([expect.stringContaining('read back whole')])
    const backup = ['backups/tx.dump.tmp', 'backups/tx.dump.sha256', 'backups']
    expect(stack.lines('synced')).toEqual([...backup, 'tx/schema-before', 'tx'])
  })

  test('the configuration of the edge before another one is given to it, and both as a whole', async () => {
    await using stack = new TestStack(shell)
    for (const [folder, text] of [
      ['edge', 'old'],
      ['releases/v2/edge', 'new'],
    ] as const) {
      mkdirSync(join(stack.path, folder), { recursive: true })
      for (const file of ['nginx.conf', 'server.conf']) writeFileSync(join(stack.path, folder, file), text)
    }
    mkdirSync(join(stack.path, 'tx'))
    const before = ['nginx.conf', 'server.conf'].map((file) => `tx/edge-before.new/${file}`)
    const given = ['edge/.nginx.conf', 'edge/.server.conf', 'edge']
    expect(await run(stack, 'configure_edge')).toMatchObject({ code: 0, lines: [] })
    expect(stack.lines('synced')).toEqual([...before, 'tx/edge-before.new', 'tx', ...given, 'tx/edge-reloaded', 'tx'])
    stack.put('docker', '#!/bin/sh\n')
    expect(await run(stack, 'configure_edge_back')).toMatchObject({ code: 0, lines: [] })
    expect(stack.lines('synced')).toEqual([...given, 'edge'])
    expect(stack.lines('edge/nginx.conf')).toEqual(['old'])
  })
})
