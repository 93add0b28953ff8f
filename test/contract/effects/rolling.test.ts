import { existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { effectsProgram, observeProgram } from '../../../src/agent/programs.ts'
import { script } from '../../../src/command/command.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'
import type { Answer } from '../../support/test-transaction.ts'

function run(stack: TestStack, effect: string): Promise<Answer> {
  const set = `umask 077; project=shop stack=${stack.path} release=v1 variant=b; export ESTIBA_TX=${stack.path}/tx`
  return stack.run({ argv: ['sh', '-c', [set, effectsProgram, effect].join('\n')] })
}

/** A stack whose edge leads there. */
async function led(stack: TestStack, slot: 'a' | 'b'): Promise<void> {
  mkdirSync(join(stack.path, 'releases/v1/edge'), { recursive: true })
  mkdirSync(join(stack.path, 'tx'))
  writeFileSync(join(stack.path, 'releases/v1/edge/nginx.conf'), '')
  expect((await run(stack, `stage_edge && switch_edge ${slot}`)).code).toBe(0)
}

const SERVICES = ['api', 'my.web'] as const

/** Where each service is led, as the generated configurations ask: the marker of all, then its own. */
function where({ path }: TestStack): string {
  const live = (file: string): boolean => existsSync(join(path, 'edge/live', file))
  return SERVICES.map((service) => (live('b') || live(`${service}.b`) ? 'b' : 'a')).join('')
}

/** What the next plan knows of it. */
async function observed(stack: TestStack): Promise<string> {
  const { lines } = await stack.run(script(observeProgram, stack.path, 'shop'))
  return /^edge\t(\S+)/m.exec(lines.join('\n'))?.[1] ?? 'nothing'
}

const ALL = SERVICES.join(' ')

describe.concurrent.each(SHELLS)('an edge that leads each service by itself, in %s', (shell) => {
  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ] as const)('from slot %s to %s, one after the other', async (from, to) => {
    await using stack = new TestStack(shell)
    await led(stack, from)
    const after = async (effect: string): Promise<string> => {
      const { code, lines } = await run(stack, effect)
      expect(code, lines.join('\n')).toBe(0)
      return where(stack)
    }
    const at = (one: string, other: string): string => `${one}${other}`
    expect(await after(`roll_edge ${from} ${ALL}`)).toBe(at(from, from))
    expect(await observed(stack)).toBe(from)
    expect(await after(`lead_service ${to} api && lead_service ${to} api`)).toBe(at(to, from))
    expect(await observed(stack)).toBe('rolling')
    expect((await run(stack, `clear_slot ${to}`)).code).toBe(1)
    // What is under way is not begun again.
    expect(await after(`roll_edge ${from} ${ALL}`)).toBe(at(to, from))
    expect((await run(stack, `lead_all ${to} ${ALL}`)).lines).toEqual([`my.web is still led to slot ${from}`])
    expect(await after(`lead_service ${to} my.web`)).toBe(at(to, to))
    expect(await observed(stack)).toBe(to)
    expect(await after(`lead_all ${to} ${ALL}`)).toBe(at(to, to))
    expect(readlinkSync(join(stack.path, 'edge/live'))).toBe(`slots/${to}`)

    // And back from there.
    expect(await after('switch_edge rolling')).toBe(at(to, to))
    expect(await after(`lead_service ${from} my.web && lead_service ${from} api`)).toBe(at(from, from))
    expect(await after(`switch_edge ${from}`)).toBe(at(from, from))
    expect(await observed(stack)).toBe(from)
  })

  test.each(['a', 'b'] as const)(
    'is led to slot %s by each part of the way there, whatever is read of which',
    async (slot) => {
      await using stack = new TestStack(shell)
      await led(stack, slot)
      await run(stack, `roll_edge ${slot} ${ALL}`)
      const of = (folder: string): readonly string[] => readdirSync(join(stack.path, 'edge/slots', folder))
      const markers = SERVICES.map((service) => `${service}.b`)
      // A request that meets the rename may read one marker in one folder, and the next in the other.
      expect([of(slot), of('rolling')].map((files) => files.filter((file) => markers.includes(file)).length)).toEqual(
        slot === 'b' ? [2, 2] : [0, 0],
      )
    },
  )

  test('is as it was after a kill at any instant of it', async () => {
    await using stack = new TestStack(shell)
    await led(stack, 'b')
    let instant = 0
    for (let code = 137; code !== 0;) {
      instant += 1
      const dies = `sync() { echo >>"$stack/syncs"; [ "$(wc -l <"$stack/syncs")" -ne ${instant} ] || { kill -9 $$; exit 137; }; }`
      code = (await run(stack, `switch_edge b; rm -rf "$stack/syncs"; ${dies}; roll_edge b ${ALL}`)).code
      expect(where(stack), `after sync ${instant}`).toBe('bb')
      expect(await observed(stack)).toBe('b')
      expect(instant).toBeLessThan(10)
    }
    expect(instant).toBeGreaterThan(1)
  })

  test('can be read by its workers', async () => {
    await using stack = new TestStack(shell)
    await led(stack, 'a')
    await run(stack, `roll_edge a ${ALL} && lead_service b api`)
    const { lines } = await run(stack, 'stat -c %a "$stack/edge/slots/rolling" "$stack/edge/slots/rolling/api.b"')
    expect(lines).toEqual(['755', '644'])
  })

  test('says of one service where it is led, or it does not count', async () => {
    await using stack = new TestStack(shell)
    await led(stack, 'a')
    // As nginx and HAProxy say it: by the name of what they lead to.
    stack.put(
      'docker',
      `#!/bin/sh
case "$1 $*" in
  'ps '*) echo c1 ;;
  *service/my_api) echo estiba_my_api_b ;;
  *service/*) echo estiba_api_a ;;
  *) echo a ;;
esac
`,
    )
    expect((await run(stack, 'see_edge my_api/b edge && see_edge api/a edge && see_edge a edge')).code).toBe(0)
    const clock = 'uptime_seconds() { cat "$stack/uptime"; echo 99 >"$stack/uptime"; }; echo 1 >"$stack/uptime"'
    const { code, lines } = await run(stack, `${clock}; see_edge api/b edge`)
    expect(code).toBe(1)
    expect(lines[0]).toBe('edge was to lead api to slot b, but says: estiba_api_a')
  })
})
