import { pathOf, workflowNamed, type Job, type Permissions, type Workflow } from './files.ts'

const RANK = { none: 0, read: 1, write: 2 } as const

/** What a job needs of the token: its own permissions, and, where it calls a workflow, those of every job in that. */
export function neededBy(job: Job): Permissions {
  const called = job.uses === undefined ? undefined : pathOf(job.uses)
  if (called === undefined) return job.permissions ?? {}
  return union(called.replace('.github/workflows/', ''))
}

/** The union of the permissions of all jobs of one of our workflows, those of called ones included. */
export function union(name: string): Permissions {
  return Object.values((workflowNamed(name) satisfies Workflow).jobs)
    .map(neededBy)
    .reduce<Permissions>(most, {})
}

/** GitHub refuses a run, before it starts, in which a called job asks for more than its caller has. */
export function missing(granted: Permissions, needed: Permissions): readonly string[] {
  return Object.entries(needed)
    .filter(([scope, level]) => RANK[granted[scope] ?? 'none'] < RANK[level])
    .map(([scope, level]) => `${scope}: ${level}`)
}

function most(one: Permissions, other: Permissions): Permissions {
  const result: Record<string, 'read' | 'write' | 'none'> = { ...one }
  for (const [scope, level] of Object.entries(other)) {
    if (RANK[level] > RANK[result[scope] ?? 'none']) result[scope] = level
  }
  return result
}
