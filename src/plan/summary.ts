import { formatTable } from '../runner/markdown.ts'
import { formatPlan, type Plan } from './plan.ts'

/** The plan on the job's page: what happens to which service, and the steps folded away. */
export function planSummary(plan: Plan): string {
  const rows = plan.services.map(({ name, kind, action, because, downtime }) => [
    name,
    kind,
    action,
    downtime === undefined ? because : `${because}; ${downtime}`,
  ])
  return [
    `### Plan: ${plan.title}`,
    formatTable(['Service', 'Kind', 'Action', 'Why'], rows),
    '<details><summary>Steps and ways back</summary>',
    `~~~text\n${formatPlan(plan)}\n~~~`,
    '</details>',
  ].join('\n\n')
}
