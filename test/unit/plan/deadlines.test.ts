import { expect, test } from 'vitest'
import { deadlinesOf, describeDeadlines } from '../../../src/plan/deadlines.ts'
import { numbered, type Unnumbered } from '../../../src/plan/plan.ts'

const step = (deadline: number): Unnumbered => ({
  title: 'x',
  because: 'y',
  run: 'z',
  reversibility: 'nothing to undo',
  deadline,
})
const phases = { prepare: numbered([step(60), step(900)]), switch: numbered([step(120)]), commit: [] }
const deadlines = deadlinesOf({ phases }, 600)

test('the parts add up, the wait included', () => {
  expect(describeDeadlines(deadlines, undefined)).toBe(
    'at most 28 min in all (waiting for its turn 10 min, prepare 16 min, switch 2 min), besides what else the job does',
  )
  expect(describeDeadlines(deadlinesOf({ phases }, 0), undefined)).toContain('at most 18 min in all (prepare')
})

test('a job that has more time is told of', () => {
  expect(describeDeadlines(deadlines, 1681)).toMatch(/besides what else the job does; the job has 28 min 1 s$/)
})

test('a job that has as much or less is refused, with what to write', () => {
  expect(() => describeDeadlines(deadlines, 1680)).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: the deadlines add up to more than the job has: at most 28 min in all (waiting for its turn 10 min, prepare 16 min, switch 2 min), besides what else the job does, and the job has 28 min. Give the job timeout-minutes: 33, or shorten lock-timeout or healthy-within]`,
  )
})
