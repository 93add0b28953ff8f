import type { WorkflowRun } from '../../src/runner/github.ts'

/** The workflows of this suite that deploy; a run names those that it calls. */
const DEPLOYING = /\/\.github\/workflows\/(?:pipeline|deploy)\.yml@/

/**
 * Whether a run may confirm its commit: it belongs to the branch, deploys, and is not the run that asks. Runs of tags are
 * left out, or two tags on one commit would wait for each other. Where GitHub doesn't say which workflows a run calls, it
 * counts: to wait in vain costs less than to deploy beside it.
 */
export function deploysFrom(run: WorkflowRun, branch: string, ownRunId: string): boolean {
  const calls = run.reusableWorkflows
  const deploys = calls === undefined || calls.some((path) => DEPLOYING.test(path))
  return String(run.id) !== ownRunId && run.branch === branch && run.event !== 'pull_request' && deploys
}
