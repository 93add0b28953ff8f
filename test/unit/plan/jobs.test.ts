import { describe, expect, test } from 'vitest'
import type { Service } from '../../../src/compose/model.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import { commandsOf, planText } from '../../support/plan-text.ts'
import { digest, emptyHost, hostWith, shopRelease, switchable } from '../../support/stack.ts'

const awaits = { depends_on: { db: {}, init: { condition: 'service_completed_successfully' } } }
const init = (image: string): Service => ({ image: `ghcr.io/acme/init@${digest(image)}`, depends_on: { db: {} } })

const inSlots = (api: string, change: Readonly<Record<string, Partial<Service>>> = {}): Manifest =>
  shopRelease(`v${api}`, api, {
    ...switchable,
    init: init('a'),
    api: { ...switchable['api'], ...awaits },
    ...change,
  })
const inTurns = (api: string, change: Readonly<Record<string, Partial<Service>>> = {}): Manifest =>
  shopRelease(`v${api}`, api, { init: init('a'), api: awaits, ...change })

/** What comes of the switch, in order. */
const switchOf = (to: Manifest, from: Manifest, back: 'registry' | 'host' = 'registry'): readonly string[] =>
  commandsOf(planText(to, hostWith(from), { from: back }))
    .filter((line) =>
      /^\$ (drain|run_jobs|start_and_prove|stop_old|switch_edge|remove_old|keep_alive|are_well)/.test(line),
    )
    .map((line) => line.replaceAll(/=[\da-f]{16}/g, ''))

describe('a job', () => {
  test('runs behind what it needs and before what waits for it, while the old release still serves', () => {
    expect(switchOf(inSlots('2'), inSlots('1'))).toMatchInlineSnapshot(`
      [
        "$ run_jobs 600 init:1",
        "$ start_and_prove 120 api",
        "$ stop_old worker",
        "$ start_and_prove 120 worker",
        "$ switch_edge b-trial && see_edge b-trial nginx",
        "$ are_well api worker",
        "$ switch_edge b && await_engine && see_edge b nginx",
        "$ keep_alive api:always worker:no",
        "$ drain 30 10.213.0.0/24 nginx && remove_old init api worker",
        "$ keep_alive api:always && stand_by 120 nginx && switch_edge b && see_edge b nginx && stop_old api",
        "$ are_well api worker",
      ]
    `)
    expect(switchOf(inTurns('2'), inTurns('1'))).toMatchInlineSnapshot(`
      [
        "$ run_jobs 600 init:1",
        "$ stop_old api worker",
        "$ start_and_prove 120 api",
        "$ start_and_prove 120 worker",
        "$ are_well api worker",
        "$ keep_alive api:always worker:no",
        "$ remove_old init api worker",
        "$ are_well api worker",
      ]
    `)
  })

  test('that needs what takes turns runs in its turn', () => {
    const late = { init: { ...init('a'), depends_on: { worker: {} } }, api: switchable['api'] ?? {} }
    const last = { nginx: { ...switchable['nginx'], depends_on: awaits.depends_on } }
    expect(switchOf(inSlots('2', { ...late, ...last }), inSlots('1', { ...late, ...last }))).toMatchInlineSnapshot(`
      [
        "$ start_and_prove 120 api",
        "$ stop_old worker",
        "$ start_and_prove 120 worker",
        "$ run_jobs 600 init:1",
        "$ switch_edge b-trial && see_edge b-trial nginx",
        "$ are_well api worker",
        "$ switch_edge b && await_engine && see_edge b nginx",
        "$ keep_alive api:always worker:no",
        "$ drain 30 10.213.0.0/24 nginx && remove_old api worker init",
        "$ keep_alive api:always && stand_by 120 nginx && switch_edge b && see_edge b nginx && stop_old api",
        "$ are_well api worker",
      ]
    `)
  })

  test('runs anew with each release that changes something, and with no other', () => {
    expect(planText(inTurns('2'), hostWith(inTurns('1')))).toContain(
      'init    run      job: it runs anew with api, worker',
    )
    expect(planText({ ...inTurns('1'), id: 'again' }, hostWith(inTurns('1')))).toContain(
      'init    leave    job: nothing of it changed since it ran',
    )
  })

  test('alone changed: it runs, and nothing is watched for its sake', () => {
    const text = planText(inTurns('1', { init: init('b') }), hostWith(inTurns('1')))
    expect(text).toContain('init    replace  job: its image changed')
    expect(text).not.toContain('are_well')
    expect(text).not.toContain('keep_alive')
  })

  test('of an earlier release does not run in a rollback, and the later run of it goes', () => {
    const back = switchOf(inSlots('1'), inSlots('2', { init: init('b') }), 'host')
    expect(back.join('\n')).not.toContain('run_jobs')
    expect(back).toContain('$ drain 30 10.213.0.0/24 nginx && remove_old api worker init')
  })

  test('is begun again as its restart policy says', () => {
    const tries = (restart: string) =>
      switchOf(inTurns('2', { init: { ...init('a'), restart } }), inTurns('1'))[0]
        ?.split(':')
        .at(-1)
    expect(['no', 'on-failure', 'on-failure:3', 'always'].map(tries)).toEqual(['1', '601', '4', '1'])
  })

  test('leaves a note about what it does', () => {
    expect(planText(inTurns('2'), hostWith(inTurns('1')))).toContain(
      'note: init runs while the old release still serves, and what it has done stays when the release goes back; ' +
        'to have a migration rehearsed and guarded, leave it to run-migrations',
    )
  })

  test('whose container is gone has run all the same', () => {
    for (const release of [inTurns('1'), inSlots('1')]) {
      const found = hostWith(release)
      const containers = found.containers.filter(({ labels }) => labels['com.docker.compose.service'] !== 'init')
      expect(planText({ ...release, id: 'again' }, { ...found, containers })).toContain('nothing changed')
    }
  })

  test('that runs again in its own container is not taken away on the way back', () => {
    const text = planText(inTurns('2'), hostWith(inTurns('1')))
    expect(commandsOf(text).filter((line) => line.includes('init') && line.startsWith('way back'))).toEqual([
      expect.stringMatching(/^way back: \$ stop_new init=[\da-f]+$/),
    ])
  })

  test('that a store waits for can not be run before it', () => {
    const db = { depends_on: { init: { condition: 'service_completed_successfully' } } }
    expect(() => planText(inTurns('1', { init: { image: 'chown' }, db }), emptyHost)).toThrow(
      'services.db keeps data and waits for the job init, but a deploy starts stores before anything else',
    )
  })

  test('that would migrate is refused, unless its label says what it may', () => {
    const migrate = { image: 'acme/api', command: ['alembic', 'upgrade', 'head'] }
    const waits = { depends_on: { schema: { condition: 'service_completed_successfully' } } }
    expect(() => inTurns('1', { schema: migrate, api: waits })).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: services.schema is a job that seems to migrate a database (\`alembic\` in its command): it would run without a backup, and nothing would guard the way back. Take it out of the deploy (\`profiles: [by-hand]\`, and no depends_on leads to it) and give its command to run-migrations; or, if the release before can always run on what it does, label it estiba.kind: job]`,
    )
    const labelled = { ...migrate, labels: { 'estiba.kind': 'job' } }
    expect(inTurns('1', { schema: labelled, api: waits }).services['schema']).toMatchObject({
      kind: 'job',
      beside: true,
    })
  })

  test('that only its name tells takes its turn', () => {
    expect(inTurns('1', { setup: { image: 'setup' } }).services['setup']).toMatchObject({ kind: 'job', beside: false })
  })

  test('for which a switched service waits, and which itself waits for what takes turns, keeps the stack from the slots', () => {
    const late = { init: { ...init('a'), depends_on: { pool: {} } } }
    expect(inSlots('1', { ...late, pool: { image: 'pool' } }).plainBecause).toBe(
      'services.api waits for the job init, which needs pool, and that has no port that the edge or api asks (expose)',
    )
    expect(inSlots('1', { ...late, pool: { image: 'pool', expose: ['6432'] } }).services).toMatchObject({
      pool: { kind: 'web', beside: true },
      init: { beside: true },
      api: { beside: true },
    })
  })
})
