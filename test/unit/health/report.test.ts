import { expect, test } from 'vitest'
import { formatReport, reportJson } from '../../../src/health/report.ts'
import type { CheckReport } from '../../../src/health/run.ts'
import { aCheck } from './site.ts'

const secret = { send: { Authorization: 'Bearer s3cret' }, body: 's3cret' }
const report: CheckReport = {
  verdict: 'bad',
  results: [
    { check: aCheck(secret), verdict: 'good', tries: 1, status: 200, ms: 41.7, failures: [] },
    {
      check: aCheck({ name: 'GET https://shop.example/api', retries: 2, ...secret }),
      verdict: 'bad',
      tries: 3,
      status: 502,
      ms: 2140,
      failures: ['expected status 200, got 502', 'expected the body to contain "a | <b>"'],
    },
    {
      check: aCheck({ name: 'docs', blocking: false }),
      verdict: 'bad',
      tries: 1,
      failures: ['the connection was refused'],
    },
    {
      check: aCheck({ name: 'admin' }),
      verdict: 'unknown',
      tries: 1,
      failures: ['no DNS server answers this machine'],
    },
  ],
}

test('the log and the annotations', () => {
  const { lines, warnings, errors } = formatReport(report)
  expect({ lines, warnings, errors }).toMatchInlineSnapshot(`
    {
      "errors": [
        "GET https://shop.example/api (GET https://shop.example/): expected status 200, got 502; expected the body to contain "a | <b>"",
        "admin (GET https://shop.example/): no DNS server answers this machine",
      ],
      "lines": [
        "good (42 ms): front",
        "bad (2.1 s, 3 tries): GET https://shop.example/api (GET https://shop.example/): expected status 200, got 502; expected the body to contain "a | <b>"",
        "bad (advisory): docs (GET https://shop.example/): the connection was refused",
        "could not tell: admin (GET https://shop.example/): no DNS server answers this machine",
      ],
      "warnings": [
        "docs (GET https://shop.example/): the connection was refused",
      ],
    }
  `)
})

test('the summary', () => {
  expect(formatReport(report).markdown).toMatchInlineSnapshot(`
    "### Smoke test: bad

    | Check | Verdict | Status | Time | Tries | Found |
    | --- | --- | --- | --- | --- | --- |
    | front | good | 200 | 42 ms | 1 of 1 | as expected |
    | GET https://shop.example/api | bad | 502 | 2.1 s | 3 of 3 | expected status 200, got 502; expected the body to contain "a &#124; &lt;b&gt;" |
    | docs | bad, advisory |  |  | 1 of 1 | the connection was refused |
    | admin | unknown |  |  | 1 of 1 | no DNS server answers this machine |
    "
  `)
})

test('the output', () => {
  expect(JSON.parse(reportJson(report))).toMatchObject({
    verdict: 'bad',
    checks: [
      { name: 'front', url: 'https://shop.example/', verdict: 'good', status: 200, milliseconds: 42, failures: [] },
      { verdict: 'bad', tries: 3 },
      { blocking: false, verdict: 'bad' },
      { verdict: 'unknown' },
    ],
  })
  expect(reportJson(report)).not.toContain('\n')
})

test('what was sent is nowhere', () => {
  expect(JSON.stringify([formatReport(report), reportJson(report)])).not.toContain('s3cret')
})
