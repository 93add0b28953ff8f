import type { DeploymentState } from '../../../src/runner/github.ts'
import { simpleUser } from './people.ts'

type Body = Readonly<Record<string, unknown>>

export interface StoredDeployment extends Body {
  readonly id: number
  readonly sha: string
  readonly ref: string
  readonly task: string
  readonly environment: string
  readonly production_environment: boolean
  readonly payload: unknown
}

export interface StoredStatus extends Body {
  readonly id: number
  readonly state: DeploymentState
  readonly description: string
}

export interface RunOptions {
  readonly commit: string
  readonly branch: string
  readonly status?: 'queued' | 'in_progress' | 'waiting' | 'completed'
  readonly event?: string
  /** Reusable workflows it calls; the pipeline if not given, `null` where GitHub doesn't say. */
  readonly calls?: readonly string[] | null
}

export interface StoredRun extends Body {
  readonly id: number
  readonly head_sha: string
  status: string
  conclusion: string | null
}

/** What GitHub remembers of one repository, and what people do on its pages. */
export class GitHubState {
  readonly repository: string
  /** What GITHUB_API_URL is set to. */
  readonly url: string
  readonly environments = new Map<string, Body>()
  readonly deployments: StoredDeployment[] = []
  readonly statuses = new Map<number, StoredStatus[]>()
  readonly runs: StoredRun[] = []
  /** By the id of the run, in the order in which they were given. */
  readonly approvals = new Map<number, Body[]>()
  /** The parents of each commit. */
  readonly commits = new Map<string, readonly string[]>()
  #id = 1000

  constructor(repository: string, url: string) {
    this.repository = repository
    this.url = url
  }

  nextId(): number {
    return ++this.#id
  }

  /** Makes an environment; with reviewers it is protected by them. */
  addEnvironment(name: string, reviewers: readonly string[] = [], preventSelfReview = false): void {
    const rule = {
      id: this.nextId(),
      node_id: 'rule',
      type: 'required_reviewers',
      prevent_self_review: preventSelfReview,
      reviewers: reviewers.map((login) => ({ type: 'User', reviewer: simpleUser(login) })),
    }
    const branches = { id: this.nextId(), node_id: 'rule', type: 'branch_policy' }
    this.environments.set(name.toLowerCase(), {
      id: this.nextId(),
      node_id: 'environment',
      name,
      url: `${this.repositoryUrl}/environments/${encodeURIComponent(name)}`,
      html_url: `https://github.com/${this.repository}/settings/environments/${name}`,
      created_at: NOW,
      updated_at: NOW,
      protection_rules: reviewers.length > 0 ? [branches, rule] : [branches],
      deployment_branch_policy: null,
    })
  }

  /** Starts a workflow run. Returns its id. */
  addRun({ commit, branch, status = 'in_progress', event = 'push', calls = [PIPELINE] }: RunOptions): number {
    const id = this.nextId()
    const run = { id, head_sha: commit, head_branch: branch, event, status, conclusion: null as string | null }
    const called = calls === null ? {} : { referenced_workflows: calls.map((path) => ({ path, sha: 'f'.repeat(40) })) }
    this.runs.push({ ...run, ...called })
    return id
  }

  /** Somebody reviews what a run wants to deploy. */
  review(run: number, environment: string, login: string, state: 'approved' | 'rejected' = 'approved'): void {
    const review = { environments: [{ name: environment }], state, user: simpleUser(login), comment: '' }
    this.approvals.set(run, [...(this.approvals.get(run) ?? []), review])
  }

  endRun(id: number, conclusion: 'success' | 'failure' | 'cancelled'): void {
    const run = this.runs.find((each) => each.id === id)
    if (run === undefined) throw new Error(`There is no run ${id}.`)
    run.status = 'completed'
    run.conclusion = conclusion
  }

  /** States of a deployment, oldest first. */
  statesOf(deployment: number): readonly DeploymentState[] {
    return (this.statuses.get(deployment) ?? []).map(({ state }) => state)
  }

  get repositoryUrl(): string {
    return `${this.url}/repos/${this.repository}`
  }
}

export const NOW = '2026-01-02T03:04:05Z'
const PIPELINE = 'estiba/estiba/.github/workflows/pipeline.yml@refs/tags/v0'
