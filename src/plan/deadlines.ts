import { UsageError } from '../errors.ts'
import { formatDuration } from '../runner/duration.ts'
import type { InputReader } from '../runner/inputs.ts'
import type { Plan } from './plan.ts'

/** From nothing to what a self-hosted runner's job may take. */
const MINUTES = { min: 1, max: 7200 }

/** Reads the input `job-timeout`, minutes, as seconds; undefined where it is not given. */
export function readJobTimeout(input: InputReader): number | undefined {
  return input.optional('job-timeout') === undefined ? undefined : 60 * input.whole('job-timeout', MINUTES)
}

/** Seconds that a part of a transaction may take at most. */
export interface Deadline {
  readonly part: string
  readonly seconds: number
}

/** The deadlines of a transaction on its way forward, its turn in the queue of the stack first. */
export function deadlinesOf({ phases }: Pick<Plan, 'phases'>, lockTimeout: number): readonly Deadline[] {
  return [
    { part: 'waiting for its turn', seconds: lockTimeout },
    ...Object.entries(phases).flatMap(([part, steps]) =>
      part === 'settle' ? [] : [{ part, seconds: steps.reduce((sum, { deadline }) => sum + deadline, 0) }],
    ),
  ].filter(({ seconds }) => seconds > 0)
}

/**
 * The sum for the plan; it must fit into the job, or GitHub might end the job in the middle of what goes well. What the job
 * does besides, its checkout, its migration, its checks, comes on top.
 *
 * @param jobTimeout seconds, the job's `timeout-minutes`; undefined when it is not known
 */
export function describeDeadlines(deadlines: readonly Deadline[], jobTimeout: number | undefined): string {
  const sum = deadlines.reduce((total, { seconds }) => total + seconds, 0)
  const parts = deadlines.map(({ part, seconds }) => `${part} ${formatDuration(seconds)}`).join(', ')
  const text = `at most ${formatDuration(sum)} in all (${parts}), besides what else the job does`
  if (jobTimeout === undefined) return text
  if (sum < jobTimeout) return `${text}; the job has ${formatDuration(jobTimeout)}`
  throw new UsageError(
    `the deadlines add up to more than the job has: ${text}, and the job has ${formatDuration(jobTimeout)}. ` +
      `Give the job timeout-minutes: ${Math.ceil(sum / 60) + 5}, or shorten lock-timeout or healthy-within`,
  )
}
