import type { DeploymentState } from '../../../src/runner/github.ts'
import type { Call } from './description.ts'
import { comparison } from './history.ts'
import { simpleUser } from './people.ts'
import { NOW, type GitHubState, type StoredDeployment, type StoredRun, type StoredStatus } from './state.ts'
import { repositoryBody } from './repository.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

type Body = Readonly<Record<string, unknown>>
type Handler = (state: GitHubState, asked: Asked) => Answer

interface Asked {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Body
}

const NOT_FOUND: Answer = {
  status: 404,
  body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' },
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  'get /repos/{owner}/{repo}/environments/{environment_name}': (state, { parameters }) => {
    const environment = state.environments.get(parameters['environment_name']?.toLowerCase() ?? '')
    return environment === undefined ? NOT_FOUND : { status: 200, body: environment }
  },
  'get /repos/{owner}/{repo}/deployments': (state, { query }) => {
    const filters = ['sha', 'ref', 'task', 'environment'].filter((name) => query.has(name))
    const found = state.deployments.filter((each) => filters.every((name) => each[name] === query.get(name)))
    return { status: 200, body: newest(found, query) }
  },
  'post /repos/{owner}/{repo}/deployments': createDeployment,
  'get /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': (state, { parameters, query }) => {
    const statuses = state.statuses.get(Number(parameters['deployment_id']))
    return statuses === undefined ? NOT_FOUND : { status: 200, body: newest(statuses, query) }
  },
  'post /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': createStatus,
  'get /repos/{owner}/{repo}/actions/runs': (state, { query }) => {
    const found = state.runs.filter((run) => run.head_sha === (query.get('head_sha') ?? run.head_sha))
    const runs = newest(found, query).map((run) => runBody(state, run))
    return { status: 200, body: { total_count: found.length, workflow_runs: runs } }
  },
  'get /repos/{owner}/{repo}/actions/runs/{run_id}/approvals': (state, { parameters }) => ({
    status: 200,
    body: state.approvals.get(Number(parameters['run_id'])) ?? [],
  }),
  'get /repos/{owner}/{repo}/compare/{basehead}': (state, { parameters }) => {
    const body = comparison(state, parameters['basehead'] ?? '')
    return body === undefined ? NOT_FOUND : { status: 200, body }
  },
}

/** Answers a call as GitHub would. */
export function answer(state: GitHubState, call: Call, query: URLSearchParams, body: unknown): Answer {
  const handler = HANDLERS[call.name]
  const { owner = '', repo = '' } = call.parameters
  if (handler === undefined || `${owner}/${repo}` !== state.repository) return NOT_FOUND
  return handler(state, { parameters: call.parameters, query, body: (body ?? {}) as Body })
}

function createDeployment(state: GitHubState, { body }: Asked): Answer {
  const id = state.nextId()
  const ref = text(body['ref'], '')
  const environment = text(body['environment'], 'production')
  const url = `${state.repositoryUrl}/deployments/${id}`
  const deployment: StoredDeployment = {
    id,
    node_id: 'deployment',
    url,
    sha: ref,
    ref,
    task: text(body['task'], 'deploy'),
    payload: body['payload'] ?? {},
    original_environment: environment,
    environment,
    description: body['description'] ?? null,
    creator: simpleUser('github-actions'),
    created_at: NOW,
    updated_at: NOW,
    statuses_url: `${url}/statuses`,
    repository_url: state.repositoryUrl,
    transient_environment: body['transient_environment'] === true,
    production_environment: (body['production_environment'] ?? environment === 'production') === true,
  }
  state.deployments.push(deployment)
  state.statuses.set(id, [])
  return { status: 201, body: deployment }
}

function createStatus(state: GitHubState, { parameters, body }: Asked): Answer {
  const deployment = state.deployments.find(({ id }) => id === Number(parameters['deployment_id']))
  if (deployment === undefined) return NOT_FOUND
  const status = addStatus(state, deployment, body['state'] as DeploymentState, body)
  if (status.state === 'success' && body['auto_inactive'] !== false) replaceEarlier(state, deployment)
  return { status: 201, body: status }
}

/** GitHub's `auto_inactive`: what succeeded before in the same environment is no longer what runs, production excepted. */
function replaceEarlier(state: GitHubState, successor: StoredDeployment): void {
  for (const deployment of state.deployments) {
    const live = state.statuses.get(deployment.id)?.at(-1)?.state === 'success'
    const replaced = deployment.environment === successor.environment && !deployment.production_environment
    if (live && replaced && deployment.id !== successor.id) addStatus(state, deployment, 'inactive', {})
  }
}

function addStatus(state: GitHubState, deployment: StoredDeployment, name: DeploymentState, body: Body): StoredStatus {
  const id = state.nextId()
  const deploymentUrl = `${state.repositoryUrl}/deployments/${deployment.id}`
  const status: StoredStatus = {
    id,
    node_id: 'status',
    url: `${deploymentUrl}/statuses/${id}`,
    state: name,
    creator: simpleUser('github-actions'),
    description: text(body['description'], ''),
    environment: deployment.environment,
    created_at: NOW,
    updated_at: NOW,
    deployment_url: deploymentUrl,
    repository_url: state.repositoryUrl,
    target_url: body['log_url'] ?? deploymentUrl,
    log_url: body['log_url'] ?? deploymentUrl,
    environment_url: body['environment_url'] ?? deploymentUrl,
  }
  const statuses = state.statuses.get(deployment.id) ?? []
  state.statuses.set(deployment.id, [...statuses, status])
  return status
}

function runBody(state: GitHubState, run: StoredRun): Body {
  const page = `https://github.com/${state.repository}/actions/runs/${run.id}`
  const url = `${state.repositoryUrl}/actions/runs/${run.id}`
  return {
    node_id: 'run',
    name: 'Deploy',
    display_title: 'Deploy',
    run_number: 1,
    run_attempt: 1,
    path: '.github/workflows/deploy.yml',
    workflow_id: 1,
    url,
    html_url: page,
    pull_requests: [],
    created_at: NOW,
    updated_at: NOW,
    head_commit: null,
    head_repository: repositoryBody(state),
    repository: repositoryBody(state),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${url}/check-suite`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    artifacts_url: `${url}/artifacts`,
    workflow_url: `${state.repositoryUrl}/actions/workflows/1`,
    ...run,
  }
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

function newest<T extends { readonly id: number }>(items: readonly T[], query: URLSearchParams): readonly T[] {
  return items.toSorted((one, other) => other.id - one.id).slice(0, Number(query.get('per_page') ?? 30))
}
