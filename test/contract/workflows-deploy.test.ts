import { describe, expect, test } from 'vitest'
import { actionOf, jobs, reusable } from '../support/workflows/all.ts'
import { templates, workflowNamed, type Step } from '../support/workflows/files.ts'

describe('the deploy', () => {
  const deploying = ['deploy-over-ssh', 'run-migrations', 'smoke-test', 'rollback']
  const job = workflowNamed('deploy.yml').jobs['deploy']
  const order = (job?.steps ?? []).flatMap((step) => {
    const name = actionOf(step)
    return name === undefined ? [] : [[name, step.with?.['phase']].filter(Boolean).join(' ')]
  })

  test('is one job, from the first word to the confirmation', () => {
    expect(order).toEqual([
      'require-approval',
      'deploy-over-ssh prepare',
      'run-migrations',
      'deploy-over-ssh switch',
      'smoke-test',
      'smoke-test',
      'deploy-over-ssh confirm',
      'rollback',
    ])
    const elsewhere = jobs.filter(({ where }) => !where.includes('deploy.yml, job deploy'))
    const used = elsewhere.flatMap((each) => each.steps.map(actionOf).filter((name) => deploying.includes(name ?? '')))
    expect(used).toEqual(['rollback'])
  })

  test('hands one transaction and one server to every step', () => {
    const [first, ...others] = (job?.steps ?? []).filter(
      (step) => deploying.includes(actionOf(step) ?? '') && step.name !== 'Test what is live already',
    )
    const server = (step: Step | undefined) =>
      ['host', 'known-hosts', 'ssh-key', 'ssh-key-passphrase', 'path'].map((name) => step?.with?.[name])
    for (const step of others) {
      expect(server(step)).toEqual(server(first))
      expect(step.with?.['transaction']).toBe('${{ steps.prepare.outputs.transaction }}')
    }
  })

  test('confirms only when all went well, and nothing swallows a failure', () => {
    const confirm = job?.steps?.find((step) => step.with?.['phase'] === 'confirm')
    expect(confirm?.if).toBe("steps.prepare.outputs.state != 'unchanged'")
    for (const { text } of reusable) expect(text).not.toContain('continue-on-error')
  })

  test('tests what is live already without a transaction, by the same checks', () => {
    const [trial, live] = (job?.steps ?? []).filter((step) => actionOf(step) === 'smoke-test')
    const { checks, 'base-url': baseUrl } = trial?.with ?? {}
    expect(live?.with).toEqual({ checks, 'base-url': baseUrl })
  })

  test('what opens a transaction knows how long its job may take', () => {
    const opening = [job, workflowNamed('rollback.yml').jobs['rollback']].flatMap((each) =>
      (each?.steps ?? []).filter((step) => step.with?.['stack'] !== undefined).map((step) => [each, step] as const),
    )
    expect(opening.map(([, step]) => actionOf(step))).toEqual(['deploy-over-ssh', 'rollback'])
    for (const [each, step] of opening) expect(step.with?.['job-timeout']).toBe(each?.['timeout-minutes'])
  })

  test('goes back last, and does not depend on what was skipped', () => {
    expect(job?.steps?.at(-1)?.if).toBe("(failure() || cancelled()) && steps.prepare.outputs.transaction != ''")
  })
})

describe('concurrency', () => {
  const held = jobs.filter(({ environment }) => environment !== undefined)

  test('every job that changes an environment waits its turn, is not dropped and not cancelled', () => {
    expect(held.map(({ where, concurrency }) => [where, concurrency])).toEqual([
      [
        '.github/workflows/deploy.yml, job deploy',
        {
          group: 'estiba-deploy-${{ inputs.stack }}-${{ inputs.environment }}',
          'cancel-in-progress': false,
          queue: 'max',
        },
      ],
      [
        '.github/workflows/rollback.yml, job rollback',
        {
          group: 'estiba-rollback-${{ inputs.stack }}-${{ inputs.environment }}',
          'cancel-in-progress': false,
          queue: 'max',
        },
      ],
    ])
  })

  test('no other job or workflow of the suite has a group: it could deadlock with its caller', () => {
    expect(reusable.filter(({ workflow }) => workflow.concurrency !== undefined)).toEqual([])
    expect(templates().filter(({ workflow }) => workflow.concurrency !== undefined)).toEqual([])
    const others = jobs.filter(({ environment, concurrency }) => environment === undefined && concurrency !== undefined)
    expect(others).toEqual([])
  })

  test('GitHub writes no record of its own beside ours', () => {
    for (const { environment } of held) {
      expect(environment).toEqual({ name: '${{ inputs.environment }}', deployment: false })
    }
  })
})
