import { describe, expect, test } from 'vitest'
import { StepError, UsageError } from '../../../src/errors.ts'
import { failureSummary } from '../../../src/runner/failure-summary.ts'

describe('what failed on a host is on the page of the job', () => {
  test('with what it said last', () => {
    const error = new StepError({
      step: 'start api',
      host: 'deploy@web1',
      why: 'failed',
      exitCode: 1,
      lastLines: ['no license'],
    })
    expect(failureSummary(error)).toMatchInlineSnapshot(`
      "### Failed

      ~~~text
      start api on deploy@web1: failed (exit code 1)
          no license
      ~~~"
    `)
  })

  test('also where that would end the block', () => {
    const error = new StepError({ step: 'start api', why: 'failed', lastLines: ['~~~~', '# not a heading'] })
    expect(failureSummary(error)).toMatch(/^### Failed\n\n~{5}text\n[^]*\n~{5}$/)
  })

  test.each<[Error]>([
    [new UsageError('path: write one')],
    [new StepError({ step: 'connect', why: 'refused' })],
    [new Error('a bug')],
  ])('but not what the annotation says already: %s', (error) => {
    expect(failureSummary(error)).toBe('')
  })
})
