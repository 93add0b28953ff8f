import { parse, stringify } from 'yaml'
import { SUITE, type Job, type Workflow } from '../workflows/files.ts'

/** The ref by which the files that act sees name this repository; it is given the tree for it. */
export const REF = 'v0'

/**
 * A workflow as act 0.2.89 can read it. Three things are newer than act, and are said in its words or left out:
 *
 * - `$/path` is this repository at this commit: `estiba/estiba/path@v0`. https://github.com/nektos/act/issues/6189
 * - `concurrency.queue`; act runs one workflow and knows no concurrency. https://github.com/nektos/act/issues/6095
 * - `environment.deployment`; act knows no environments. https://github.com/nektos/act/pull/6113
 */
export function actView(workflow: string): string {
  const { jobs, ...rest } = parse(workflow) as Workflow
  const seen = Object.entries(jobs).map(([id, job]) => [id, jobView(job)])
  return stringify({ ...rest, jobs: Object.fromEntries(seen) as unknown }, { lineWidth: 0 })
}

function jobView({ uses, steps, concurrency, environment, ...job }: Job): object {
  return {
    ...job,
    ...(uses !== undefined && { uses: usesView(uses) }),
    ...(concurrency !== undefined && { concurrency: without(concurrency, 'queue') }),
    ...(environment !== undefined && { environment: without(environment, 'deployment') }),
    ...(steps !== undefined && {
      steps: steps.map((step) => (step.uses === undefined ? step : { ...step, uses: usesView(step.uses) })),
    }),
  }
}

function usesView(uses: string): string {
  return uses.startsWith('$/') ? `${SUITE}/${uses.slice(2)}@${REF}` : uses
}

function without(node: object, key: string): object {
  return Object.fromEntries(Object.entries(node).filter(([name]) => name !== key))
}
