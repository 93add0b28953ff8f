import type { Verdict } from '../agent/verdict.ts'
import type { Job } from '../runner/job.ts'
import { formatTable } from '../runner/markdown.ts'
import { formatDuration } from './duration.ts'
import type { CheckReport, CheckResult } from './run.ts'

export interface FormattedReport {
  /** A heading and a table, for the job's summary. */
  readonly markdown: string
  /** One for each check, for the log. */
  readonly lines: readonly string[]
  /** What an advisory check found, a sentence each. */
  readonly warnings: readonly string[]
  /** What a blocking check found, a sentence each; empty when the verdict is good. */
  readonly errors: readonly string[]
}

/** Shows a report in the log and on the job's page; returns what blocking checks found, a sentence each. */
export async function tellReport(
  report: CheckReport,
  job: Pick<Job, 'log' | 'summarize'>,
  title = 'Smoke test',
): Promise<readonly string[]> {
  const { markdown, lines, warnings, errors } = formatReport(report, title)
  for (const line of lines) job.log.line(line)
  for (const warning of warnings) job.log.warning(`Advisory: ${warning}`)
  await job.summarize(markdown)
  return errors
}

export function formatReport(report: CheckReport, title = 'Smoke test'): FormattedReport {
  const found = report.results.filter(({ verdict }) => verdict !== 'good')
  return {
    markdown: `### ${title}: ${report.verdict}\n\n${formatTable(COLUMNS, report.results.map(rowOf))}\n`,
    lines: report.results.map(lineOf),
    warnings: found.filter(({ check }) => !check.blocking).map(sentenceOf),
    errors: found.filter(({ check }) => check.blocking).map(sentenceOf),
  }
}

/** The report as one line of JSON, for later steps. What was sent is not in it. */
export function reportJson({ verdict, results }: CheckReport): string {
  const checks = results.map(({ check, verdict, tries, status, ms, failures }) => ({
    name: check.name,
    method: check.method,
    url: check.url.href,
    blocking: check.blocking,
    verdict,
    tries,
    ...(status !== undefined && { status }),
    ...(ms !== undefined && { milliseconds: Math.round(ms) }),
    failures,
  }))
  return JSON.stringify({ verdict, checks })
}

/** `GET https://shop.example/: expected status 200, got 502`, with the check's own name before it where it has one. */
function sentenceOf({ check: { name, method, url }, failures }: CheckResult): string {
  const asked = `${method} ${url.href}`
  return `${name === asked ? asked : `${name} (${asked})`}: ${failures.join('; ')}`
}

function lineOf(result: CheckResult): string {
  const { check, verdict, tries, ms } = result
  const details = [
    ...(check.blocking ? [] : ['advisory']),
    ...(ms === undefined ? [] : [formatDuration(ms)]),
    ...(tries > 1 ? [`${tries} tries`] : []),
  ]
  const words: Record<Verdict, string> = { good: 'good', bad: 'bad', unknown: 'could not tell' }
  const suffix = details.length === 0 ? '' : ` (${details.join(', ')})`
  return `${words[verdict]}${suffix}: ${verdict === 'good' ? check.name : sentenceOf(result)}`
}

const COLUMNS = ['Check', 'Verdict', 'Status', 'Time', 'Tries', 'Found']

function rowOf({ check, verdict, status, ms, tries, failures }: CheckResult): string[] {
  return [
    check.name,
    check.blocking ? verdict : `${verdict}, advisory`,
    status === undefined ? '' : String(status),
    ms === undefined ? '' : formatDuration(ms),
    `${tries} of ${check.retries + 1}`,
    failures.length === 0 ? 'as expected' : failures.join('; '),
  ]
}
