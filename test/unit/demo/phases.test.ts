import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PhaseFollower, phaseOfStep } from '../../../scripts/demo/phases.mts'
import type { Phase, PhaseName } from '../../../scripts/demo/recording.mts'

const workflows = join(import.meta.dirname, '../../../.github/workflows')

test('Every step that the story names is a step of a reusable workflow', () => {
  const names = ['lint', 'build', 'deploy', 'rollback'].flatMap((name) => {
    const { jobs } = parse(readFileSync(join(workflows, `${name}.yml`), 'utf8')) as {
      jobs: Record<string, { steps: { name: string }[] }>
    }
    return Object.values(jobs).flatMap(({ steps }) => steps.map((step) => step.name))
  })
  expect(names).toEqual(expect.arrayContaining(Object.keys(phaseOfStep)))
})

test('A phase lasts from the first that is heard of its step to its result', () => {
  const started: PhaseName[] = []
  const ended: Phase[] = []
  const follower = new PhaseFollower(
    (name) => started.push(name),
    (phase) => ended.push(phase),
  )
  const step = 'Prepare the release'
  follower.take({ step, stage: 'Pre', stepResult: 'success' }, 1)
  follower.take({ step, stage: 'Main', msg: 'Run Main Prepare the release' }, 2)
  follower.take({ step, stage: 'Main', msg: 'opens the transaction', raw_output: true }, 3)
  follower.take({ step, stage: 'Main', stepResult: 'failure' }, 4)
  follower.take({ step, stage: 'Post', stepResult: 'success' }, 5)
  expect(started).toEqual(['prepare'])
  expect(ended).toEqual([{ name: 'prepare', start: 2, end: 4, result: 'failure' }])
  expect(follower.phases).toEqual(ended)
})

test('Steps of no phase and steps that were skipped are none', () => {
  const follower = new PhaseFollower(
    () => expect.unreachable(),
    () => expect.unreachable(),
  )
  follower.take({ step: 'Check the repository out', stage: 'Main', stepResult: 'success' }, 1)
  follower.take({ step: 'Migrate the database', stage: 'Main', stepResult: 'skipped' }, 2)
  follower.take({ msg: 'act says something' }, 3)
  expect(follower.phases).toEqual([])
})
