import { jobsOf, pathOf, templates, workflows, type Callable, type Step } from './files.ts'

/** The workflows that others call. */
export const reusable = workflows().filter(({ workflow }) => workflow.on.workflow_call !== undefined)
/** Those, this repository's own, and the callers to copy. */
export const all = [...workflows(), ...templates()]
/** Every job, with where it stands. */
export const jobs = all.flatMap((file) => jobsOf(file).map((job) => ({ where: `${file.path}, job ${job.id}`, ...job })))
export const steps = jobs.flatMap((job) =>
  job.steps.map((step, i) => ({ ...step, where: `${job.where}, step ${i + 1}` })),
)
/** Jobs that call a workflow. */
export const calls = jobs.flatMap((job) => (job.uses === undefined ? [] : [{ ...job, uses: job.uses }]))
/** Steps that use an action of ours, with its folder. */
export const ownSteps = steps.flatMap((step) => {
  const path = step.uses === undefined ? undefined : pathOf(step.uses)
  return path === undefined ? [] : [{ ...step, path }]
})

/** What a reusable workflow takes and gives, by what `uses` says. */
export function callableOf(uses: string): Callable {
  const path = pathOf(uses) ?? ''
  const file = reusable.find((each) => each.path === path)
  if (file?.workflow.on.workflow_call === undefined) throw new Error(`There is no reusable workflow ${path}.`)
  return file.workflow.on.workflow_call
}

/** The name of one of our actions, where the step uses one. */
export function actionOf({ uses = '' }: Step): string | undefined {
  return pathOf(uses)?.replace('actions/', '')
}
