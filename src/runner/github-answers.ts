import type { getOctokit } from '@actions/github'
import type { Deployment, Environment, WorkflowRun } from './github.ts'

type Rest = ReturnType<typeof getOctokit>['rest']
type Answer<Call extends (...args: never[]) => Promise<{ data: unknown }>> = Awaited<ReturnType<Call>>['data']

type EnvironmentAnswer = Answer<Rest['repos']['getEnvironment']>
type DeploymentAnswer = Answer<Rest['repos']['listDeployments']>[number]
type RunAnswer = Answer<Rest['actions']['listWorkflowRunsForRepo']>['workflow_runs'][number]
type ReviewAnswer = Answer<Rest['actions']['getReviewsForRun']>[number]

export function readEnvironment({ name, html_url: url, protection_rules: rules = [] }: EnvironmentAnswer): Environment {
  const review = rules.find((rule) => rule.type === 'required_reviewers')
  const reviewers = review !== undefined && 'reviewers' in review ? (review.reviewers ?? []) : []
  return {
    name,
    url,
    reviewers: reviewers.flatMap(({ reviewer }) => {
      if (reviewer === undefined) return []
      return 'login' in reviewer ? [reviewer.login] : [reviewer.slug]
    }),
    preventSelfReview: review !== undefined && 'prevent_self_review' in review && review.prevent_self_review,
  }
}

/** The payload comes back as it was sent, or as the text of it. */
export function readDeployment({ id, sha, environment, payload }: DeploymentAnswer): Deployment {
  return { id, commit: sha, environment, payload: typeof payload === 'string' ? parsed(payload) : payload }
}

export function readRun(run: RunAnswer): WorkflowRun {
  return {
    id: run.id,
    url: run.html_url,
    event: run.event,
    branch: run.head_branch ?? undefined,
    status: run.status ?? 'completed',
    reusableWorkflows: run.referenced_workflows?.map(({ path }) => path),
  }
}

export function approversOf(reviews: readonly ReviewAnswer[], environment: string): readonly string[] {
  const approved = reviews.filter(
    ({ state, environments }) =>
      state === 'approved' && environments.some(({ name }) => name?.toLowerCase() === environment.toLowerCase()),
  )
  return [...new Set(approved.map(({ user }) => user.login))]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
