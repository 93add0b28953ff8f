import { tmpdir } from 'node:os'
import type { JobContext } from './job.ts'

/**
 * Reads what the runner says about the run from its environment variables; what it does not say is ''.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 */
export function readContext(env: NodeJS.ProcessEnv): JobContext {
  const github = (name: string): string => env[`GITHUB_${name}`] ?? ''
  const repository = github('REPOSITORY')
  const runId = github('RUN_ID')
  const runAttempt = github('RUN_ATTEMPT') || '1'
  const server = github('SERVER_URL') || 'https://github.com'
  return {
    repository,
    runId,
    runAttempt,
    job: github('JOB'),
    workflow: github('WORKFLOW'),
    actor: github('ACTOR'),
    eventName: github('EVENT_NAME'),
    sha: github('SHA'),
    ref: github('REF'),
    runUrl: `${server}/${repository}/actions/runs/${runId}/attempts/${runAttempt}`,
    workspace: github('WORKSPACE') || process.cwd(),
    temp: env['RUNNER_TEMP'] ?? tmpdir(),
  }
}
