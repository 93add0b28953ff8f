import { expect, test } from 'vitest'
import { readResult, type ActEvent } from '../../support/act/result.ts'

const job = { job: 'Staging/Deploy a stack/Deploy   ', jobID: 'deploy' }
const step = { ...job, step: 'Confirm the release', stage: 'Main', stepID: ['confirm'] } as const

const events: readonly ActEvent[] = [
  { msg: "Using docker host 'unix:///var/run/docker.sock'" },
  { ...job, step: 'Set up job', stepResult: 'success', msg: 'Success - Set up job' },
  { ...step, msg: 'Run Main Confirm the release' },
  { ...step, msg: 'Confirmed.\n', raw_output: true },
  { ...step, command: 'set-output', name: 'release', arg: 'r1' },
  { ...step, command: 'summary', content: '# Deployed\n' },
  { ...step, stepResult: 'success' },
  { ...step, step: 'Go back to the release before', stepResult: 'skipped' },
  { ...job, jobResult: 'success', msg: 'Job succeeded' },
]

test('orders what act said by job', () => {
  expect(readResult(events, 0)).toMatchObject({
    exitCode: 0,
    jobs: [
      {
        name: 'Staging/Deploy a stack/Deploy',
        result: 'success',
        steps: [{ name: 'Confirm the release', stage: 'Main', result: 'success' }],
        outputs: { release: 'r1' },
        summary: '# Deployed\n',
        log: 'Confirmed.\n',
      },
    ],
  })
})

test('shows what was printed as such', () => {
  expect(readResult(events, 0).log).toContain('[Staging/Deploy a stack/Deploy]   | Confirmed.\n')
})
