/**
 * What we ask GitHub, as a port. The real one is `githubClient`; tests put a double of GitHub's API behind it, which is held
 * to GitHub's own description.
 */
export interface GitHub {
  /** Undefined where the repository has no environment of that name. */
  environment(name: string): Promise<Environment | undefined>
  /** Newest first, at most 100. */
  deployments(query: DeploymentQuery): Promise<readonly Deployment[]>
  /** Newest first, at most 100. */
  statuses(deployment: number): Promise<readonly DeploymentStatus[]>
  /** Returns the id of the new deployment. */
  createDeployment(deployment: NewDeployment): Promise<number>
  createStatus(deployment: number, status: NewStatus): Promise<void>
  /** The newest 100 workflow runs of a commit, whatever started them. */
  runs(commit: string): Promise<readonly WorkflowRun[]>
  /** How a commit stands to another one; undefined where GitHub has not both, or no way from one to the other. */
  compare(base: string, head: string): Promise<Comparison | undefined>
  /** Logins of those who approved what a run deploys to an environment, each once. */
  approvers(run: string, environment: string): Promise<readonly string[]>
}

/** `ahead`: the head has what the base has, and more. `behind`: the other way round. */
export type Comparison = 'ahead' | 'behind' | 'identical' | 'diverged'

export interface Environment {
  readonly name: string
  readonly url: string
  /** Users by login and teams by slug, of whom one must approve; empty where nobody has to. */
  readonly reviewers: readonly string[]
  /** Whether who started the run may not approve it. */
  readonly preventSelfReview: boolean
}

export interface DeploymentQuery {
  readonly environment: string
  readonly task: string
  /** The full hash of a commit; any commit without it. */
  readonly commit?: string
}

export interface Deployment {
  readonly id: number
  readonly commit: string
  readonly environment: string
  /** Whatever the creator put there. */
  readonly payload: unknown
}

export type DeploymentState = 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success'

export interface DeploymentStatus {
  readonly id: number
  readonly state: DeploymentState
}

export interface NewDeployment {
  readonly commit: string
  readonly environment: string
  readonly task: string
  readonly description: string
  readonly payload: Readonly<Record<string, unknown>>
}

export interface NewStatus {
  readonly state: DeploymentState
  /** Cut to the 140 characters that GitHub takes. */
  readonly description: string
  readonly logUrl: string
  readonly environmentUrl?: string
}

export interface WorkflowRun {
  readonly id: number
  readonly url: string
  readonly event: string
  /** The branch or the tag that it ran for. */
  readonly branch: string | undefined
  /** `queued`, `in_progress`, `waiting`, `completed`, ... */
  readonly status: string
  /** `owner/repo/.github/workflows/file.yml@ref` of every reusable workflow in it; undefined where GitHub doesn't say. */
  readonly reusableWorkflows: readonly string[] | undefined
}
