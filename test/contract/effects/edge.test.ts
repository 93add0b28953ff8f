import { chmodSync, mkdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

async function stage(stack: TestStack): Promise<number> {
  const set = `umask 077; project=shop stack=${stack.path} release=v1 variant=a`
  return (await stack.run({ argv: ['sh', '-c', [set, effectsProgram, 'stage_edge'].join('\n')] })).code
}

describe.concurrent.each(SHELLS)('what the edge looks at, in %s', (shell) => {
  test('can be read by its workers, also after somebody has taken that away', async () => {
    await using stack = new TestStack(shell)
    const [brought, edge] = [join(stack.path, 'releases/v1/edge'), join(stack.path, 'edge')]
    mkdirSync(brought, { recursive: true })
    for (const file of ['nginx.conf', 'server.conf']) writeFileSync(join(brought, file), file)
    const parts = ['.', 'slots', 'slots/b-trial', 'slots/b-trial/trial', 'nginx.conf']
    const rights = (): readonly string[] => parts.map((part) => (statSync(join(edge, part)).mode & 0o777).toString(8))

    expect(await stage(stack)).toBe(0)
    expect(readlinkSync(join(edge, 'live'))).toBe('slots/a')
    expect(rights()).toEqual(['755', '755', '755', '644', '644'])
    for (const part of ['slots', 'slots/b-trial/trial', 'nginx.conf']) chmodSync(join(edge, part), 0o700)
    expect(await stage(stack)).toBe(0)
    expect(rights()).toEqual(['755', '755', '755', '755', '755'])
  })
})
