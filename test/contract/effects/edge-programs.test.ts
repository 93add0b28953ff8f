import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'
import type { Answer } from '../../support/test-transaction.ts'

/** Each program is told of its configuration in its own way. */
function load(stack: TestStack): Promise<Answer> {
  const set = `umask 077; project=shop stack=${stack.path} release=v1 variant=a; export ESTIBA_TX=${stack.path}/tx`
  return stack.run({ argv: ['sh', '-c', [set, effectsProgram, 'for_each_place load_edge edge 2>&1'].join('\n')] })
}

/** A running container `c1`, of Caddy started so, or of nginx; it says what is asked of it. */
const containerOf = (started?: string): string => `#!/bin/sh
case "$1 $3" in
  'ps '*) echo c1 ;;
  *Mounts*) echo /etc/${started === undefined ? 'nginx' : 'caddy'}/estiba ;;
  'inspect '*) printf '%s\\n' ${started ?? ''} ;;
  *) echo "$@" ;;
esac
`

/** HAProxy, whose worker 8 has process 7 as its parent; worker 9 answers once that one was told to start it. */
const haproxyUnder = (parent: string): string => `#!/bin/sh
case "$1 $3 $*" in
  'ps '*) echo c1 ;;
  *Mounts*) echo /etc/haproxy/estiba ;;
  'inspect '*) printf '%s\\n' docker-entrypoint.sh haproxy -f /a.cfg -C /b -f /c.cfg ;;
  'exec haproxy '*) shift 2; echo "$@" ;;
  *kill*) shift 6; echo "told $*"; : >"$(dirname "$0")/told" ;;
  *9180*) if [ -e "$(dirname "$0")/told" ]; then echo 9; else echo 8; fi ;;
  *8/stat) echo '8 (haproxy) S 7 1 1' ;;
  *7/comm) echo ${parent} ;;
  *) exit 1 ;;
esac
`

function reloads(options: string): readonly string[] {
  return [`exec c1 caddy validate${options}`, `exec c1 caddy reload --force${options}`]
}

describe.concurrent.each(SHELLS)("an edge's configuration, in %s", (shell) => {
  test('is not guessed for a Caddy that something else starts', async () => {
    await using stack = new TestStack(shell)
    stack.put('docker', containerOf('sh -c "exec caddy run"'))
    const { code, lines } = await load(stack)
    expect(code).toBe(1)
    expect(lines).toEqual(['it was not started by caddy run, so nobody knows which configuration it has'])
  })

  test.each([
    ['a master that starts another worker', 'haproxy', 0],
    ['no master, which the signal would end', 'docker-init', 1],
  ])('is loaded by HAProxy with %s', async (_, parent, code) => {
    await using stack = new TestStack(shell)
    stack.put('docker', haproxyUnder(parent))
    const { lines, ...ran } = await load(stack)
    expect(ran.code).toBe(code)
    const checked = 'haproxy -c -f /a.cfg -C /b -f /c.cfg'
    expect(lines).toEqual(
      code === 0 ? [checked, 'told 7'] : [checked, expect.stringContaining('start it with -W') as string],
    )
  })

  test('is not guessed for a HAProxy that something else starts', async () => {
    await using stack = new TestStack(shell)
    stack.put('docker', haproxyUnder('haproxy').replace('-f /a.cfg -C /b -f /c.cfg', 'sh -c "haproxy -f /a.cfg"'))
    const { code, lines } = await load(stack)
    expect(code).toBe(1)
    expect(lines).toEqual(['it was not started by haproxy -f, so nobody knows which configuration it has'])
  })

  test.each<[string, string | undefined, readonly string[]]>([
    ['nginx', undefined, ['exec c1 nginx -t -q', 'exec c1 nginx -s reload']],
    [
      'Caddy',
      'caddy run --config /srv/Caddyfile --adapter caddyfile',
      reloads(' --config /srv/Caddyfile --adapter caddyfile'),
    ],
    ['Caddy with its own settings', '/bin/caddy run --config=/srv/caddy.json', reloads(' --config=/srv/caddy.json')],
    ['Caddy without any', 'caddy run', reloads('')],
  ])('is tried before it is loaded: %s', async (_, args, said) => {
    await using stack = new TestStack(shell)
    stack.put('docker', containerOf(args))
    expect(await load(stack)).toMatchObject({ code: 0, lines: said })
  })
})
