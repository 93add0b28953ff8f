import { describe, expect, test } from 'vitest'
import { formatPlan } from '../../../src/plan/plan.ts'
import { planSwitch } from '../../../src/plan/switch.ts'
import type { Service } from '../../../src/compose/model.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { container, hostWith, shopRelease, switchable } from '../../support/stack.ts'

type Services = Readonly<Record<string, Partial<Service>>>

const beat: Partial<Service> = { image: 'acme/beat:1', command: ['beat'], restart: 'always', stop_grace_period: '20s' }
const inSlots: Services = { ...switchable, worker: { deploy: { replicas: 1 } } }

/** A release without some services. */
function without(manifest: Manifest, ...names: readonly string[]): Manifest {
  const services = Object.entries(manifest.services).filter(([name]) => !names.includes(name))
  const order = manifest.order.map((layer) => layer.filter((name) => !names.includes(name)))
  return { ...manifest, services: Object.fromEntries(services), order }
}

function planned(to: Manifest, observation: Observation) {
  return planSwitch({
    title: 'deploy',
    to,
    observation,
    healthyWithin: 60,
    keep: 5,
    drain: 30,
    from: 'registry',
  })
}

/** What a plan says of a service. */
function said(name: string, to: Manifest, observation: Observation): string {
  const { action, kind, because } = planned(to, observation).services.find((service) => service.name === name) ?? {}
  return `${action ?? 'nothing'}  ${kind ?? ''}: ${because ?? ''}`
}

/** The lines of the switch and of what follows it that have one of the words, without definitions. */
function lines(to: Manifest, observation: Observation, ...wanted: readonly string[]): readonly string[] {
  const { phases } = planned(to, observation)
  return [...(phases.switch ?? []), ...(phases.finish ?? [])]
    .flatMap(({ run, undo }) => [run, ...(undo === undefined ? [] : [`way back: ${undo}`])])
    .map((line) => line.replaceAll(/=[0-9a-f]{16}/g, ''))
    .filter((line) => wanted.some((word) => line.includes(word)))
}

describe('a scheduler that is called otherwise', () => {
  const one = shopRelease('v1', '1', { ...inSlots, beat })
  const two = shopRelease('v2', '1', { ...inSlots, scheduler: beat })

  test('is said to be renamed, and the old one to be stopped before it', () => {
    expect(said('scheduler', two, hostWith(one))).toBe(
      'create  scheduler: renamed: was beat (`beat` in its command says that it starts work by the clock)',
    )
    expect(said('beat', two, hostWith(one))).toBe(
      'retire  scheduler: the release has it no more; it is stopped before what comes in its place starts, kept for the way ' +
        'back, and removed after the commit',
    )
  })

  test('takes turns with the one before: stopped, kept, started again on the way back, removed after the commit', () => {
    expect(lines(two, hostWith(one), 'beat', 'start_and_prove 60 scheduler')).toMatchInlineSnapshot(`
      [
        "note_served shop-db-1 shop-api-1 shop-worker-1 shop-nginx-1 shop-beat-1 && point_current releases/v1/a-guard",
        "way back: stand_by 60 db api worker nginx beat && lead_back releases/v1/a api/b scheduler/b worker/b",
        "stop_old worker beat=gone",
        "way back: stand_by 60 db worker beat",
        "start_and_prove 60 scheduler worker",
        "drain 30 10.213.0.0/24 nginx && remove_old api worker beat=gone",
      ]
    `)
  })

  test('is given its time to end', () => {
    const { phases } = planned(two, hostWith(one))
    const stop = phases.switch?.find(({ run }) => run.startsWith('stop_old'))
    const removal = phases.finish?.find(({ run }) => run.includes('remove_old'))
    expect([stop?.deadline, removal?.deadline]).toEqual([30 + 60 + 30, 30 + 60 + 30 + 10])
  })

  test('is stopped for good where a migration forbids the way back', () => {
    const settle = planned(two, hostWith(one)).phases.settle ?? []
    expect(settle.map(({ run }) => run).join('\n')).toMatch(/stop_old worker=\w+ beat=gone && keep_alive scheduler=/)
  })

  test('alone, without another, is stopped in a switch of its own, and so on trial', () => {
    const less = without({ ...one, id: 'v2' }, 'beat')
    expect(lines(less, hostWith(one), 'beat')).toMatchInlineSnapshot(`
      [
        "note_served shop-db-1 shop-api-1 shop-worker-1 shop-nginx-1 shop-beat-1 && point_current releases/v1/a-guard",
        "way back: stand_by 60 db api worker nginx beat && point_current releases/v1/a",
        "stop_old beat=gone",
        "way back: stand_by 60 db beat",
        "remove_old beat=gone",
      ]
    `)
    expect(planned(less, hostWith(one)).phases.settle?.map(({ run }) => run)).toEqual([
      'stand_by 60 db api worker nginx',
      'await_engine && stop_old beat=gone',
    ])
    expect(formatPlan(planned(less, hostWith(one)))).not.toContain('nothing changed')
  })
})

describe('whatever takes turns, whatever it is called', () => {
  test('without slots: all of it, before anything new starts', () => {
    const one = shopRelease('v1', '1', { nginx: { image: 'nginx:1.28' } })
    const front = { image: 'nginx:1.28', ports: [{ target: 80, published: '80' }], restart: 'always' }
    const two = without(shopRelease('v2', '2', { front }), 'nginx')
    expect(said('front', two, hostWith(one))).toContain('create  edge: renamed: was nginx')
    expect(lines(two, hostWith(one), 'stop_old', 'start_and_prove')).toMatchInlineSnapshot(`
      [
        "stop_old api worker nginx=gone",
        "start_and_prove 60 api",
        "start_and_prove 60 worker",
        "start_and_prove 60 front",
      ]
    `)
  })

  test('an edge makes room for its successor only when the release behind it has proved itself', () => {
    const one = shopRelease('v1', '1', inSlots)
    const nginx = { ...switchable['nginx'], ports: [{ target: 80, published: '80' }], restart: 'always' }
    const two = without(shopRelease('v2', '2', { ...inSlots, front: nginx }), 'nginx')
    const to = two.slots && { ...two, slots: { ...two.slots, edges: ['front'] } }
    expect(lines(to ?? two, hostWith(one), 'stop_old', 'start_and_prove', 'switch_edge', 'see_edge'))
      .toMatchInlineSnapshot(`
        [
          "start_and_prove 60 api",
          "stop_old worker",
          "start_and_prove 60 worker",
          "stop_old nginx=gone",
          "switch_edge b-trial",
          "way back: switch_edge a && stand_by 60 db api && drain 5 10.213.1.0/24 front",
          "start_and_prove 60 front",
          "see_edge b-trial front",
          "switch_edge b && await_engine && see_edge b front",
        ]
      `)
    const settle = planned(to ?? two, hostWith(one)).phases.settle ?? []
    expect(
      settle.map(({ run, since, unless }) => `${since ?? ''}/${unless ?? ''}: ${run.replaceAll(/=[0-9a-f]{16}/g, '')}`),
    ).toMatchInlineSnapshot(`
        [
          "/: stand_by 60 db",
          "/switch 09: stop_new front && stand_by 60 nginx",
          "switch 09/: await_engine && stop_old nginx=gone && keep_alive front:always",
          "switch 04/switch 09: keep_alive api:always && switch_edge b && see_edge b nginx && stop_old api",
          "switch 09/: keep_alive api:always && switch_edge b && see_edge b front && stop_old api",
          "switch 04/: await_engine && stop_old worker && keep_alive worker:no",
        ]
      `)
  })

  test('a web service in a slot serves until the commit, and goes when its visitors have', () => {
    const blog = { image: 'acme/blog:1', expose: ['2368'], labels: { 'estiba.kind': 'web' } }
    const one = shopRelease('v1', '1', { ...inSlots, blog })
    const two = shopRelease('v2', '2', { ...inSlots, journal: blog })
    expect(said('journal', two, hostWith(one))).toContain('create  web: renamed: was blog')
    expect(said('blog', two, hostWith(one))).toContain('it serves until the commit')
    expect(lines(two, hostWith(one), 'blog')).toMatchInlineSnapshot(`
      [
        "note_served shop-db-1 shop-api-1 shop-worker-1 shop-nginx-1 shop-blog-1 && point_current releases/v1/a-guard",
        "way back: stand_by 60 db api worker nginx blog && lead_back releases/v1/a api/b journal/b worker/b",
        "way back: switch_edge a && stand_by 60 db nginx api blog && see_edge a nginx && drain 5 10.213.1.0/24 nginx",
        "drain 30 10.213.0.0/24 nginx && remove_old api worker blog=gone",
      ]
    `)
  })

  test('one that served without slots is stopped where the edge takes its place', () => {
    const one = shopRelease('v1', '1', { site: { image: 'acme/site:1', ports: [{ target: 80, published: '80' }] } })
    const two = shopRelease('v2', '2', inSlots)
    expect(lines(two, hostWith(one), 'stop_old', 'switch_edge')).toMatchInlineSnapshot(`
      [
        "stop_old worker",
        "stop_old nginx site=gone",
        "switch_edge a-trial",
        "switch_edge a && await_engine && see_edge a nginx",
      ]
    `)
  })

  test('a job is removed after the commit, as it does not run', () => {
    const one = shopRelease('v1', '1', { seed: { image: 'acme/seed:1', labels: { 'estiba.kind': 'job' } } })
    expect(lines(shopRelease('v2', '2'), hostWith(one), 'seed')).toEqual([
      expect.stringMatching(/^remove_old .*seed=gone$/),
    ])
  })
})

describe('what is called renamed', () => {
  test('one of the same image and kind, if there is no other such', () => {
    const one = shopRelease('v1', '1', { a: beat, b: beat })
    const of = (services: Services, name: string) => said(name, shopRelease('v2', '1', services), hostWith(one))
    expect(of({ b: beat, c: beat }, 'c')).toContain('renamed: was a')
    expect(of({ c: beat }, 'c')).toContain('it has no container yet')
    expect(of({ b: beat, c: beat, d: beat }, 'c')).toContain('it has no container yet')
    expect(of({ b: beat, c: { ...beat, image: 'acme/beat:2' } }, 'c')).toContain('renamed: was a')
    expect(of({ b: beat, c: { ...beat, image: 'acme/clock:1' } }, 'c')).toContain('it has no container yet')
    expect(of({ b: beat, c: { ...beat, labels: { 'estiba.kind': 'worker' } } }, 'c')).toContain('no container yet')
  })

  test('one that publishes the same port', () => {
    const published = (image: string) => ({ image, ports: [{ target: 80, published: '8080', protocol: 'tcp' }] })
    const one = shopRelease('v1', '1', { site: published('acme/site:1') })
    const two = shopRelease('v2', '1', { pages: published('acme/pages:1') })
    expect(said('pages', two, hostWith(one))).toContain('renamed: was site')
  })

  test('nothing on a host without a live release', () => {
    const host = { ...hostWith(shopRelease('v1', '1', { beat })), current: undefined }
    expect(said('scheduler', shopRelease('v2', '1', { scheduler: beat }), host)).not.toContain('renamed')
  })
})

test('containers of what is gone that do not run need not be stopped', () => {
  const one = shopRelease('v1', '1', { beat })
  const host = hostWith(one)
  const containers = [
    ...host.containers.filter(({ labels }) => labels['com.docker.compose.service'] !== 'beat'),
    container('beat', { status: 'exited' }),
  ]
  expect(lines(without(one, 'beat'), { ...host, containers }, 'beat')).toEqual(['remove_old beat=gone'])
})
