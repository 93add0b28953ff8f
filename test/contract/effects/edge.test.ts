import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'
import type { Answer } from '../../support/test-transaction.ts'

function run(stack: TestStack, effect: string): Promise<Answer> {
  const set = `umask 077; project=shop stack=${stack.path} release=v1 variant=a; export ESTIBA_TX=${stack.path}/tx`
  return stack.run({ argv: ['sh', '-c', [set, effectsProgram, effect].join('\n')] })
}

async function stage(stack: TestStack): Promise<number> {
  return (await run(stack, 'stage_edge')).code
}

/** What a release brings for its edges: each file has its own name in it, and that of the release. */
function bring(stack: TestStack, release: string, ...files: readonly string[]): void {
  const brought = join(stack.path, 'releases', release, 'edge')
  mkdirSync(brought, { recursive: true })
  for (const file of files) writeFileSync(join(brought, file), `${file} of ${release}\n`)
}

/** A running container `c1`, of Caddy with these arguments or of nginx; it says what is asked of it. */
const containerOf = (args?: string): string => `#!/bin/sh
case "$1 $3" in
  'ps '*) echo c1 ;;
  'inspect '*) printf '%s\\n' ${args ?? ''} ;;
  'exec caddy') ${args === undefined ? 'exit 127' : '[ "$4" = version ] || echo "$@"'} ;;
  *) echo "$@" ;;
esac
`

function reloads(options: string): readonly string[] {
  return [`exec c1 caddy validate ${options}`, `exec c1 caddy reload --force ${options}`]
}

describe.concurrent.each(SHELLS)('what the edge looks at, in %s', (shell) => {
  test('can be read by its workers, also after somebody has taken that away', async () => {
    await using stack = new TestStack(shell)
    const edge = join(stack.path, 'edge')
    bring(stack, 'v1', 'nginx.conf', 'server.conf')
    const parts = ['.', 'slots', 'slots/b-trial', 'slots/b-trial/trial', 'nginx.conf']
    const rights = (): readonly string[] => parts.map((part) => (statSync(join(edge, part)).mode & 0o777).toString(8))

    expect(await stage(stack)).toBe(0)
    expect(readlinkSync(join(edge, 'live'))).toBe('slots/a')
    expect(rights()).toEqual(['755', '755', '755', '644', '644'])
    for (const part of ['slots', 'slots/b-trial/trial', 'nginx.conf']) chmodSync(join(edge, part), 0o700)
    expect(await stage(stack)).toBe(0)
    expect(rights()).toEqual(['755', '755', '755', '755', '755'])
  })

  test('is there for another edge as well, as soon as there is one; what is there stays until it is given anew', async () => {
    await using stack = new TestStack(shell)
    bring(stack, 'v1', 'nginx.conf', 'server.conf')
    await stage(stack)
    symlinkSync('slots/b', join(stack.path, 'edge/next'))
    renameSync(join(stack.path, 'edge/next'), join(stack.path, 'edge/live'))
    rmSync(join(stack.path, 'releases/v1/edge'), { recursive: true })
    bring(stack, 'v1', 'caddy.conf', 'nginx.conf')
    writeFileSync(join(stack.path, 'releases/v1/edge/nginx.conf'), 'another')
    expect(await stage(stack)).toBe(0)
    expect(stack.lines('edge/caddy.conf')).toEqual(['caddy.conf of v1'])
    expect(stack.lines('edge/nginx.conf')).toEqual(['nginx.conf of v1'])
    expect(readlinkSync(join(stack.path, 'edge/live'))).toBe('slots/b')
  })

  test('is what the release brought and nothing else, and as it was on the way back', async () => {
    await using stack = new TestStack(shell)
    for (const folder of ['edge', 'tx']) mkdirSync(join(stack.path, folder))
    for (const file of ['nginx.conf', 'server.conf']) writeFileSync(join(stack.path, 'edge', file), 'old\n')
    bring(stack, 'v1', 'caddy.conf')
    expect((await run(stack, 'configure_edge')).code).toBe(0)
    expect(readdirSync(join(stack.path, 'edge')).sort()).toEqual(['caddy.conf'])
    stack.put('docker', '#!/bin/sh\n')
    expect((await run(stack, 'configure_edge_back')).code).toBe(0)
    expect(readdirSync(join(stack.path, 'edge')).sort()).toEqual(['nginx.conf', 'server.conf'])
  })

  test.each<[string, string | undefined, readonly string[]]>([
    ['nginx', undefined, ['exec c1 nginx -t -q', 'exec c1 nginx -s reload']],
    [
      'Caddy',
      'run --config /srv/Caddyfile --adapter caddyfile',
      reloads('--config /srv/Caddyfile --adapter caddyfile'),
    ],
    ['Caddy with its own settings', 'run --config /srv/caddy.json', reloads('--config /srv/caddy.json')],
    ['Caddy without any', 'run', reloads('--config /etc/caddy/Caddyfile --adapter caddyfile')],
  ])('is tried before it is loaded: %s', async (_, args, said) => {
    await using stack = new TestStack(shell)
    stack.put('docker', containerOf(args))
    expect(await run(stack, 'reload_edges edge')).toMatchObject({ code: 0, lines: said })
  })
})
