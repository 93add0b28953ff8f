import { StepError } from '../errors.ts'

/** What failed on a host and what it said last, for the job's page; nothing where there is no more than the annotation shows. */
export function failureSummary(error: unknown): string {
  if (!(error instanceof StepError) || (error.failure.lastLines ?? []).length === 0) return ''
  // Longer than any in the text, which would end the block: https://spec.commonmark.org/0.31.2/#fenced-code-blocks
  const longest = Math.max(2, ...(error.message.match(/~+/g) ?? []).map(({ length }) => length))
  const fence = '~'.repeat(longest + 1)
  return ['### Failed', `${fence}text\n${error.message}\n${fence}`].join('\n\n')
}
