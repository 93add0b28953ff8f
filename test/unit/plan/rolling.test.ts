import { describe, expect, test } from 'vitest'
import { planSwitch } from '../../../src/plan/switch.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { planText } from '../../support/plan-text.ts'
import { containersOfRelease, hostWith, shopRelease, switchable } from '../../support/stack.ts'

/** A frontend that asks the api. */
const shop = {
  ...switchable,
  site: {
    image: 'site',
    expose: ['3000'],
    labels: { 'estiba.kind': 'web' },
    depends_on: { api: {} },
    restart: 'always',
  },
  worker: { deploy: { replicas: 1 } },
}

function release(version: string, digit: string, change: Parameters<typeof shopRelease>[2] = {}): Manifest {
  return { ...shopRelease(version, digit, { ...shop, ...change }), strategy: 'rolling' }
}

const one = release('v1', '1')
const two = release('v2', '2')

/** What of a phase, or of each way back in it, is run; without the definitions. */
function lines(
  to: Manifest,
  observation: Observation,
  phase: 'switch' | 'finish' | 'settle',
  way: 'run' | 'undo' = 'run',
) {
  const plan = planSwitch({ title: '', to, observation, healthyWithin: 60, keep: 5, drain: 30, from: 'registry' })
  const titleOf = (name: string): string => plan.phases.switch?.find(({ id }) => name === `switch ${id}`)?.title ?? name
  return (plan.phases[phase] ?? []).flatMap((step) => {
    const line = step[way]?.replaceAll(/=[0-9a-f]{16}/g, '')
    const when = [step.since && `since "${titleOf(step.since)}": `, step.unless && `unless "${titleOf(step.unless)}": `]
    return line === undefined ? [] : [[...when.filter(Boolean), line].join('')]
  })
}

const inB: Observation = {
  ...hostWith(one),
  containers: containersOfRelease(one, 'b'),
  currentVariant: 'b',
  edge: { live: 'b', hash: one.slots?.edgeHash ?? '' },
}

describe('one web service after the other', () => {
  test('from slot a to b: what is asked comes first, and each old one is stopped before the next starts', () => {
    expect(lines(two, hostWith(one), 'switch')).toMatchInlineSnapshot(`
      [
        "note_served shop-db-1 shop-api-1 shop-site-1 shop-worker-1 shop-nginx-1 && point_current releases/v1/a-guard",
        "create_new api:1 site:1 worker:1 && hide_new api site",
        "lend_names",
        "try_new 60 api",
        "roll_edge a api site",
        "show_new api && start_and_prove 60 api && lead_service b api && see_edge api/b nginx && keep_alive api:always && drain 30 10.213.0.10 nginx && hide_old api && stop_old api",
        "try_new 60 site",
        "show_new site && start_and_prove 60 site && lead_service b site && see_edge site/b nginx && keep_alive site:always && drain 30 10.213.0.11 nginx && hide_old site && stop_old site",
        "stop_old worker",
        "start_and_prove 60 worker",
        "switch_edge b && see_edge b nginx",
      ]
    `)
    expect(lines(two, hostWith(one), 'switch', 'undo').reverse()).toMatchInlineSnapshot(`
      [
        "switch_edge rolling",
        "stop_new worker",
        "stand_by 60 db worker",
        "stand_by 60 db nginx && come_back 60 site api && lead_service a site && see_edge site/a nginx && drain 5 10.213.1.11 nginx",
        "stand_by 60 site && retire_new site",
        "stand_by 60 db nginx && come_back 60 api && lead_service a api && see_edge api/a nginx && drain 5 10.213.1.10 nginx",
        "stand_by 60 db nginx && switch_edge a && see_edge a nginx",
        "stand_by 60 api && retire_new api",
        "part_slots",
        "set_aside api site worker",
        "stand_by 60 db api site worker nginx && lead_back releases/v1/a api/b site/b worker/b",
      ]
    `)
  })

  test('from slot b to a: the new ones are in b as well, and have their names there only when they have proved themselves', () => {
    const runs = lines(two, inB, 'switch')
    expect(runs.filter((line) => /_over|lend/.test(line))).toMatchInlineSnapshot(`[]`)
    expect(lines(two, inB, 'finish')).toContain('part_slots')
    expect(lines(two, hostWith(one), 'finish')).not.toContain('part_slots')
  })

  test('where a migration forbids the way back, an old one goes only for a new one that has proved itself', () => {
    expect(lines(two, hostWith(one), 'settle')).toMatchInlineSnapshot(`
      [
        "stand_by 60 db nginx",
        "since "lead api to slot b, and stop the old one": await_engine && stand_by 60 db nginx && keep_alive api:always && show_new api && lead_service b api && see_edge api/b nginx && stop_old api",
        "since "have the edge lead each service by itself": unless "lead api to slot b, and stop the old one": await_engine && stand_by 60 db nginx && roll_edge a api site && try_new 60 api && keep_alive api:always && show_new api && lead_service b api && see_edge api/b nginx && stop_old api",
        "since "lead site to slot b, and stop the old one": await_engine && stand_by 60 db nginx && keep_alive site:always && show_new site && lead_service b site && see_edge site/b nginx && stop_old site",
        "since "have the edge lead each service by itself": unless "lead site to slot b, and stop the old one": await_engine && stand_by 60 db nginx && roll_edge a api site && try_new 60 site && keep_alive site:always && show_new site && lead_service b site && see_edge site/b nginx && stop_old site",
        "since "have the edge lead each service by itself": lead_all b api site",
        "since "have the edge lead each service by itself": await_engine && stop_old worker && keep_alive worker:no",
      ]
    `)
  })

  test('the reader is told what is mixed', () => {
    const text = planText(two, hostWith(one))
    expect(text).toContain('no downtime: new beside old, one service after the other')
    expect(text).toMatch(
      /note: strategy: rolling: api, site move one after the other, so old and new are mixed meanwhile/,
    )
  })

  test('the configuration of the edge is tried before anything is led by itself', () => {
    const found = hostWith(one)
    const runs = lines(two, { ...found, edge: { live: 'a', hash: 'another' } }, 'switch')
    const at = (start: string): number => runs.findIndex((line) => line.startsWith(start))
    expect(at('configure_edge')).toBeGreaterThan(at('try_new'))
    expect(at('configure_edge')).toBe(at('roll_edge') - 1)
  })
})

describe('has no effect', () => {
  const whole = 'note: x-estiba.strategy: rolling has no effect this time, because '

  test.each([
    [
      'where nothing is in slots yet',
      { ...hostWith(one), edge: undefined, currentVariant: 'plain' as const },
      'what runs now is in no slot yet',
      two,
    ],
    [
      'where the edge is replaced',
      hostWith(one),
      'the edge itself is replaced',
      release('v2', '2', { nginx: { ...switchable['nginx'], command: ['nginx'] } }),
    ],
    [
      'where an edge is told other addresses',
      hostWith(one),
      'the port or the number of replicas of api changed, which an edge is told for both slots at once',
      release('v2', '2', { api: { ...switchable['api'], expose: ['9000'] } }),
    ],
    [
      'where old and new take turns',
      hostWith(shopRelease('v1', '1')),
      'old and new take turns',
      { ...shopRelease('v2', '2'), strategy: 'rolling' as const },
    ],
  ])('%s', (_, found, because, to) => {
    const text = planText(to, found)
    expect(text).toContain(whole + because)
    expect(text).not.toContain('roll_edge')
  })

  test('and is not spoken of where nothing changes', () => {
    expect(planText(one, hostWith(one))).not.toContain('rolling')
  })
})

describe('an edge that leads some services to one slot and some to the other', () => {
  const mixed: Observation = { ...hostWith(one), edge: { live: undefined, hash: '', isMixed: true } }

  test('is for a human to decide', () => {
    expect(() => planText(two, mixed)).toThrow(
      /stuck between the slots: .* lead the edge there: `ln -sfn slots\/a edge\/.live && mv -T edge\/.live edge\/live`/,
    )
  })

  test('unless a transaction is about to', () => {
    expect(planText(two, { ...mixed, open: { tx: 't-1', by: '' } })).toContain('deploy v2')
  })
})
