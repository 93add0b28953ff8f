import { getOctokit } from '@actions/github'
import { StepError, UsageError } from '../errors.ts'
import type { GitHub } from './github.ts'
import { approversOf, readDeployment, readEnvironment, readRun } from './github-answers.ts'
import { retryDelay, sleep, type Refusal, type Sleep } from './github-retry.ts'
import type { Job } from './job.ts'

export interface GitHubOptions {
  readonly token: string
  /** `owner/name` */
  readonly repository: string
  readonly signal: AbortSignal
  /** The runner's GITHUB_API_URL if not given. */
  readonly apiUrl?: string
  readonly sleep?: Sleep
}

/** GitHub as the job sees it, with the job's own repository. */
export function githubOf(job: Job, token: string): GitHub {
  return githubClient({ token, repository: job.context.repository, signal: job.signal })
}

/**
 * GitHub's REST API. A call that met a limit, a broken server or a broken line is made again a few times; what remains is
 * thrown as a StepError, or as a UsageError where the token lacks a permission.
 */
export function githubClient(options: GitHubOptions): GitHub {
  const [owner = '', repo = ''] = options.repository.split('/')
  const octokit = getOctokit(options.token, {
    ...(options.apiUrl === undefined ? {} : { baseUrl: options.apiUrl }),
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  })
  const { repos, actions } = octokit.rest
  const here = { owner, repo, request: { signal: options.signal } }
  const ask = <T>(what: string, call: () => Promise<T>): Promise<T> => withRetries(what, call, options)

  return {
    async environment(name) {
      const found = await ask(`read the environment ${name}`, () =>
        orUndefined(repos.getEnvironment({ ...here, environment_name: name })),
      )
      return found && readEnvironment(found.data)
    },
    async deployments({ environment, task, commit }) {
      const query = { ...here, environment, task, per_page: 100, ...(commit === undefined ? {} : { sha: commit }) }
      const { data } = await ask(`list the deployments to ${environment}`, () => repos.listDeployments(query))
      return data.map(readDeployment).sort(newestFirst)
    },
    async statuses(deployment) {
      const query = { ...here, deployment_id: deployment, per_page: 100 }
      const { data } = await ask(`read the deployment ${deployment}`, () => repos.listDeploymentStatuses(query))
      return data.map(({ id, state }) => ({ id, state })).sort(newestFirst)
    },
    async createDeployment({ commit, payload, ...deployment }) {
      // The pipeline has checked the commit: GitHub should neither merge into it nor wait for its other checks.
      const body = { ...deployment, payload: { ...payload }, ref: commit, auto_merge: false, required_contexts: [] }
      const { data } = await ask('record the deployment', () => repos.createDeployment({ ...here, ...body }))
      if ('id' in data) return data.id
      throw new StepError({ step: 'record the deployment', why: data.message ?? 'GitHub did not create it' })
    },
    async createStatus(deployment, { state, description, logUrl, environmentUrl }) {
      const body = {
        deployment_id: deployment,
        state,
        description: description.slice(0, 140),
        log_url: logUrl,
        ...(environmentUrl === undefined ? {} : { environment_url: environmentUrl }),
      }
      await ask(`set the state of the deployment ${deployment}`, () =>
        repos.createDeploymentStatus({ ...here, ...body }),
      )
    },
    async runs(commit) {
      const query = { ...here, head_sha: commit, per_page: 100 }
      const { data } = await ask('list the runs of this commit', () => actions.listWorkflowRunsForRepo(query))
      return data.workflow_runs.map(readRun)
    },
    async compare(base, head) {
      // Only the first page lists what changed in the files, and nobody asks for that here.
      const query = { ...here, basehead: `${base}...${head}`, per_page: 1, page: 2 }
      const found = await ask(`compare ${base} with ${head}`, () =>
        orUndefined(repos.compareCommitsWithBasehead(query)),
      )
      return found?.data.status
    },
    async approvers(run, environment) {
      const query = { ...here, run_id: Number(run) }
      const { data } = await ask(`read who approved the run ${run}`, () => actions.getReviewsForRun(query))
      return approversOf(data, environment)
    },
  }
}

async function withRetries<T>(what: string, call: () => Promise<T>, options: GitHubOptions): Promise<T> {
  const pause = options.sleep ?? sleep
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      options.signal.throwIfAborted()
      const refusal = refusalOf(error)
      const delay = retryDelay(refusal, attempt, Date.now())
      if (delay === undefined) throw explain(what, refusal, attempt, error)
      await pause(delay, options.signal)
    }
  }
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (refusalOf(error).status === 404) return undefined
    throw error
  }
}

function explain(what: string, { status }: Refusal, attempts: number, cause: unknown): Error {
  const said = cause instanceof Error ? cause.message : String(cause)
  if (status === 401 || status === 403) {
    return new UsageError(
      `github-token: GitHub refused to ${what} (HTTP ${status}: ${said}). Give the job the permissions that the ` +
        "action's README lists; a called workflow has at most those of the job that calls it.",
    )
  }
  const answer = status === 0 ? said : `GitHub answered ${status}: ${said}`
  return new StepError({ step: what, why: attempts > 1 ? `${answer} (${attempts} attempts)` : answer, cause })
}

/** Errors of octokit carry a status, and the response if there was one. */
function refusalOf(error: unknown): Refusal {
  const { status, response } = error as { status?: unknown; response?: { headers?: Refusal['headers'] } }
  return { status: typeof status === 'number' ? status : 0, headers: response?.headers ?? {} }
}

function newestFirst(one: { readonly id: number }, other: { readonly id: number }): number {
  return other.id - one.id
}

function ignore(): void {
  // The attempts and the last error are what a reader needs; octokit's own lines repeat them.
}
