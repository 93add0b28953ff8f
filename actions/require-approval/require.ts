import { StepError, UsageError } from '../../src/errors.ts'
import type { Environment, GitHub } from '../../src/runner/github.ts'
import type { Job, Outputs } from '../../src/runner/job.ts'
import type { Inputs } from './inputs.ts'

/**
 * Fails closed where nobody would be asked. GitHub makes an environment that does not exist when a job first names it,
 * without protection, and runs the job at once.
 */
export async function requireApproval(inputs: Inputs, job: Job, github: GitHub): Promise<Outputs> {
  const { approval, environment: name } = inputs
  if (approval === 'none-intended') {
    job.log.notice(`Deploys to ${name} need no approval: the workflow says approval: none-intended.`)
    return { approval, approvers: '' }
  }
  if (approval === 'given') return { approval, approvers: await approversOf(name, job, github) }
  const environment = await github.environment(name)
  if (environment === undefined) throw new UsageError(missing(name, job.context.repository))
  if (environment.reviewers.length === 0) throw new UsageError(unprotected(environment))
  job.log.line(`${name} is protected: one of ${environment.reviewers.join(', ')} has to approve the deploy.`)
  if (!environment.preventSelfReview) {
    job.log.line(`Who started the run may approve it too, if listed; ${environment.url} can rule that out.`)
  }
  return { approval, approvers: '' }
}

/** For the record only: a deploy that GitHub let through does not fail for want of it. */
async function approversOf(environment: string, { context, log, signal }: Job, github: GitHub): Promise<string> {
  try {
    const approvers = await github.approvers(context.runId, environment)
    log.line(approvers.length === 0 ? 'Nobody had to approve.' : `Approved by ${approvers.join(', ')}.`)
    return approvers.join(',')
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof StepError || error instanceof UsageError)) throw error
    log.warning(`Who approved this deploy can't be noted: ${error.message}`)
    return ''
  }
}

function missing(name: string, repository: string): string {
  return [
    `environment: ${repository} has no environment named ${name}, so nobody would be asked to approve this deploy.`,
    `  Create it under Settings > Environments, with required reviewers. ${PLANS}`,
  ].join('\n')
}

function unprotected({ name, url }: Environment): string {
  return [
    `environment: ${name} has no required reviewers, so nobody would be asked to approve this deploy.`,
    `  Add them at ${url}. ${PLANS}`,
  ].join('\n')
}

const PLANS =
  'Private repositories have them with GitHub Enterprise only. Where deploys without an approval are meant, say so: approval: none-intended.'
