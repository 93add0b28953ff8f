import { describe, expect, test } from 'vitest'
import { enumerate, sample } from '../../support/faults/enumeration.ts'
import { FAULTS, faultOf, type FaultName } from '../../support/faults/fault.ts'
import { boundaries } from '../../support/faults/moment.ts'
import { objectionsTo, type Wanted } from '../../support/faults/objections.ts'
import { type Container, POLICIES, type Standing } from '../../support/faults/standing.ts'
import { doubled, experience } from '../../support/faults/verdict.ts'
import { randomFrom } from '../../support/random.ts'

const wanted: Wanted = { version: 'v2', before: 'v1', store: 'id-store' }

function container(service: string, more: Partial<Container> = {}): Container {
  const isSlotted = service === 'web' || service === 'scheduler'
  return {
    service,
    id: `id-${service}`,
    slot: isSlotted ? 'b' : '',
    state: 'running',
    version: isSlotted ? 'v2' : '',
    restart: POLICIES[service] ?? '',
    ...more,
  }
}

const good: Standing = {
  ledger: { tx: 't-1', version: 'v2', result: 'committed' },
  isOpen: false,
  isLocked: false,
  current: 'releases/v2/b',
  currentVersion: 'v2',
  running: 'edge scheduler store web',
  edge: 'slots/b',
  containers: Object.keys(POLICIES).map((service) => container(service)),
  processes: [],
  schedulers: [],
}

const others = (service: string): readonly Container[] => good.containers.filter((each) => each.service !== service)

describe('what the faults on real hosts are held against', () => {
  test('a deploy that ended as it must is not objected to', () => {
    expect(objectionsTo(good, ['v2'], wanted)).toEqual([])
  })

  test.each<[string, Partial<Standing>, string]>([
    ['no end', { ledger: { tx: 't-0', version: 'v1', result: 'committed' } }, "the ledger's last line is of v1"],
    ['an open transaction', { isOpen: true }, 'a transaction is open'],
    ['a lock that stays', { isLocked: true }, 'the lock is taken'],
    ['an edge on trial', { edge: 'slots/b-trial' }, 'the edge leads to slots/b-trial'],
    ['another current', { current: 'releases/v2/b-guard' }, 'current leads to releases/v2/b-guard'],
    ['an old current', { currentVersion: 'v1' }, 'current names v1'],
    ['a process', { processes: ['sh switch/03.run'] }, 'still running: sh switch/03.run'],
    ['what compose does not see', { running: 'edge store web' }, 'docker compose ps: edge store web'],
    ['no scheduler', { containers: others('scheduler') }, 'not exactly one scheduler runs'],
    [
      'a container of the other slot',
      { containers: [...good.containers, container('web', { slot: 'a', version: 'v1', state: 'exited' })] },
      'left over: web of v1 in slot a, exited',
    ],
    [
      'a lost policy',
      { containers: [...others('web'), container('web', { restart: 'no' })] },
      'web has the restart policy no',
    ],
    [
      'another store',
      { containers: [...others('store'), container('store', { id: 'new' })] },
      'the container of the store is another one',
    ],
  ])('%s is', (_, differs, objection) => {
    expect(objectionsTo({ ...good, ...differs }, ['v2'], wanted).join('\n')).toContain(objection)
  })

  test('what ran of a release that was taken back may stay, stopped for good and behind the guard', () => {
    const kept = container('web', { version: 'v3', slot: 'a', state: 'exited', restart: 'no' })
    const undone: Standing = {
      ...good,
      ledger: { tx: 't-2', version: 'v3', result: 'undone' },
      current: 'releases/v2/b-guard',
      containers: [...good.containers, kept],
    }
    const back: Wanted = { version: 'v3', before: 'v2', store: 'id-store' }
    expect(objectionsTo(undone, ['v2'], back)).toEqual([])
    expect(objectionsTo({ ...undone, current: 'releases/v2/b' }, ['v2'], back)).toEqual([
      'current leads to releases/v2/b, and the edge to slots/b',
    ])
    expect(objectionsTo({ ...undone, containers: good.containers }, ['v2'], back)).toEqual([
      'current leads to releases/v2/b-guard, and the edge to slots/b',
    ])
    for (const [differs, left] of [
      [{ state: 'created' }, 'created'],
      [{ state: 'running' }, 'running'],
      [{ restart: 'always' }, 'exited'],
    ] as const)
      expect(
        objectionsTo({ ...undone, containers: [...good.containers, { ...kept, ...differs }] }, ['v2'], back),
      ).toContain(`left over: web of v3 in slot a, ${left}`)
  })

  test('the old release, and both, are objected to after a commit', () => {
    expect(objectionsTo(good, ['v1'], wanted)).toEqual(['v1 serves instead of v2'])
    expect(objectionsTo(good, ['v1', 'v2'], wanted)).toEqual(['v1 and v2 serves instead of v2'])
  })

  test('failed requests count unless the engine or the host was struck, and an unproven release always', () => {
    const visits = [
      { at: 0, version: 'v1' },
      { at: 100, failure: 'status 502' },
      { at: 200, version: 'v2' },
    ]
    expect(experience(faultOf('agent'), 'fine', visits, wanted)[0]).toContain('1 of 3 requests failed')
    expect(experience(faultOf('engine killed'), 'fine', visits, wanted)).toEqual([])
    expect(experience(faultOf('host cut off'), 'never healthy', visits, wanted)).toEqual(['a visitor was served by v2'])
  })

  test('two schedulers are seen by their own signs of life, and by docker', () => {
    const turns = [
      { id: 'old', first: 0, last: 90 },
      { id: 'new', first: 100, last: 200 },
    ]
    expect(doubled(turns, 1, { most: 1, looks: 9 })).toEqual([])
    expect(doubled([...turns, { id: 'back', first: 190, last: 300 }], 1, { most: 1, looks: 9 })).toEqual([
      'two schedulers ran at once: new and back',
    ])
    expect(doubled(turns, 1, { most: 2, looks: 9 })).toEqual(['docker ps showed 2 schedulers'])
  })
})

describe('which cases there are', () => {
  test('every fault meets every boundary, in a world that comes as far', () => {
    for (const name of Object.keys(FAULTS) as FaultName[]) {
      const cases = enumerate(name, randomFrom(1))
      const met = new Set(cases.map(({ moment }) => moment.name))
      const due = boundaries().filter(({ docker }) => docker || name !== 'compose client')
      expect(due.filter((moment) => !met.has(moment.name))).toEqual([])
      for (const { moment, world } of cases) expect(moment.worlds).toContain(world)
    }
  })

  test('a seed gives the same cases again', () => {
    expect(sample(8, randomFrom(7))).toEqual(sample(8, randomFrom(7)))
    expect(new Set(sample(8, randomFrom(7)).map(({ fault }) => fault.name)).size).toBe(8)
  })
})
