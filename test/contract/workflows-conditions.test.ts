import { describe, expect, test } from 'vitest'
import { evaluateIf, type Status } from '../support/workflows/expression.ts'
import { workflowNamed } from '../support/workflows/files.ts'
import { play, type Ending, type Result, type Scenario } from '../support/workflows/simulation.ts'

const pipeline = workflowNamed('pipeline.yml')
const ENDINGS: readonly Ending[] = [{ result: 'success' }, { result: 'failure' }, { result: 'cancelled' }]
const FOUND: Ending = { result: 'success', outputs: { found: 'true', images: '{}' } }
const NOT_FOUND: Ending = { result: 'success', outputs: { found: 'false', images: '' } }

function run(production: boolean, endings: Scenario['endings'] = {}): Readonly<Record<string, Result>> {
  return play(pipeline, { inputs: { production }, endings: { staged: NOT_FOUND, ...endings } })
}

describe('the pipeline', () => {
  test('a push to main ends at staging', () => {
    expect(run(false)).toEqual({
      lint: 'success',
      approval: 'skipped',
      staged: 'skipped',
      build: 'success',
      staging: 'success',
      production: 'skipped',
    })
  })

  test('a tag promotes what staging has confirmed, and builds nothing', () => {
    expect(run(true, { staged: FOUND })).toEqual({
      lint: 'success',
      approval: 'success',
      staged: 'success',
      build: 'skipped',
      staging: 'skipped',
      production: 'success',
    })
  })

  test('a tag on a commit that staging never saw goes through staging first', () => {
    expect(Object.values(run(true))).toEqual(Array.from({ length: 6 }, () => 'success'))
  })

  test.each<[what: string, endings: Scenario['endings']]>([
    ['lint failed', { lint: { result: 'failure' }, staged: FOUND }],
    ['nobody would be asked', { approval: { result: 'failure' }, staged: FOUND }],
    ['GitHub would not say what staging confirmed', { staged: { result: 'failure' } }],
    ['the build failed', { build: { result: 'failure' } }],
    ['staging failed', { staging: { result: 'failure' } }],
    ['staging was cancelled', { staging: { result: 'cancelled' } }],
  ])('where %s, production is left alone', (_, endings) => {
    expect(run(true, endings)['production']).toBe('skipped')
  })

  test('whatever ends how, production follows only a proof and a passed gate', () => {
    let ran = 0
    for (const scenario of scenarios()) {
      const { lint, approval, staged, build, staging, production } = play(pipeline, scenario)
      const found = scenario.endings['staged']?.outputs?.['found'] === 'true'
      const gates =
        scenario.inputs['production'] === true && [lint, approval, staged].every((each) => each === 'success')
      const proved = found ? build === 'skipped' && staging === 'skipped' : build === 'success' && staging === 'success'
      const expected = gates && proved && scenario.cancelledBefore === undefined
      if (expected) ran++
      expect({ scenario, runs: production !== 'skipped' }).toEqual({ scenario, runs: expected })
      if (build !== 'success') expect(staging).toBe('skipped')
      if (lint !== 'success') expect(build).toBe('skipped')
      if (approval !== 'success') expect(staged).toBe('skipped')
    }
    expect(ran).toBeGreaterThan(0)
  })
})

function* scenarios(): Generator<Scenario> {
  for (const production of [true, false])
    for (const lint of ENDINGS)
      for (const approval of ENDINGS)
        for (const staged of [FOUND, NOT_FOUND, ...ENDINGS.slice(1)])
          for (const build of ENDINGS)
            for (const staging of ENDINGS)
              for (const cancelledBefore of [undefined, 'build', 'staging', 'production']) {
                const endings = { lint, approval, staged, build, staging }
                yield { inputs: { production }, endings, ...(cancelledBefore && { cancelledBefore }) }
              }
}

test('a condition without a status function means success() too', () => {
  const contexts = { inputs: { production: true } }
  expect(evaluateIf('inputs.production', 'success', contexts)).toBe(true)
  expect(evaluateIf('inputs.production', 'none', contexts)).toBe(false)
  expect(evaluateIf('!cancelled() && inputs.production', 'failure', contexts)).toBe(true)
})

describe('the deploy', () => {
  const { steps = [] } = workflowNamed('deploy.yml').jobs['deploy'] ?? {}
  const conditionOf = (name: string) => steps.find((step) => step.name === name)?.if

  test.each<[status: Status, transaction: string, goesBack: boolean]>([
    ['success', 't1', false],
    ['failure', 't1', true],
    ['cancelled', 't1', true],
    ['failure', '', false],
    ['cancelled', '', false],
  ])('after %s with transaction "%s", it goes back: %s', (status, transaction, goesBack) => {
    const contexts = { steps: { prepare: { outputs: { transaction } } }, inputs: {} }
    expect(evaluateIf(conditionOf('Go back to the release before'), status, contexts)).toBe(goesBack)
  })

  test.each([
    ['', false, true],
    ['', true, false],
    ['- path: /', false, false],
    ['- path: /', true, false],
  ])('with checks "%s" and confirm-without-checks %s it is refused: %s', (checks, without, refused) => {
    const inputs = { checks, 'confirm-without-checks': without }
    const contexts = { inputs, steps: { prepare: { outputs: { state: 'prepared' } } } }
    expect(evaluateIf(conditionOf('Refuse to confirm untested'), 'success', contexts)).toBe(refused)
    expect(evaluateIf(conditionOf('Test it from outside'), 'success', contexts)).toBe(checks !== '')
  })

  const phases = ['Migrate the database', 'Put the release on trial', 'Test it from outside', 'Confirm the release']
  const inputs = { checks: '- path: /', 'migration-command': 'migrate', 'confirm-without-checks': false }
  const runs = (name: string, status: Status, state: string) =>
    evaluateIf(conditionOf(name), status, { inputs, steps: { prepare: { outputs: { state } } } })

  test.each(['prepared', 'anything that is not known here', ''])(
    'when the state is "%s", every phase runs',
    (state) => {
      expect(phases.map((name) => runs(name, 'success', state))).toEqual([true, true, true, true])
      expect(runs('Test what is live already', 'success', state)).toBe(false)
    },
  )

  test('when nothing changed, only the test from outside is run', () => {
    expect(phases.map((name) => runs(name, 'success', 'unchanged'))).toEqual([false, false, false, false])
    expect(runs('Test what is live already', 'success', 'unchanged')).toBe(true)
  })

  test('after a failure none of them runs', () => {
    for (const state of ['prepared', 'unchanged'])
      expect([...phases, 'Test what is live already'].map((name) => runs(name, 'failure', state))).not.toContain(true)
  })

  test('what was confirmed is recorded, and nothing else', () => {
    const workflow = workflowNamed('deploy.yml')
    const record = (result: Ending['result']) =>
      play(workflow, { inputs: {}, endings: { deploy: { result } } })['record']
    expect([record('success'), record('failure'), record('cancelled')]).toEqual(['success', 'skipped', 'skipped'])
  })
})
