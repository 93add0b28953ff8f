import { readFileSync } from 'node:fs'
import { Output } from '../../../../src/command/output.ts'
import { StepError } from '../../../../src/errors.ts'
import type { Job } from '../../../../src/runner/job.ts'
import { runAction } from '../../../../src/runner/run-action.ts'

/** What a hostile program prints, as base64 of the pieces in which it arrives. */
export interface Leaks {
  readonly secrets: readonly string[]
  readonly printed: readonly (readonly string[])[]
}

/** An action that is told secrets, and shows them in every way that there is. */
void runAction({
  inputs: (input) => ({ file: input.text('file'), fails: input.flag('fails') }),
  main: async ({ file, fails }, job) => {
    const { secrets, printed } = JSON.parse(readFileSync(file, 'utf8')) as Leaks
    for (const secret of secrets) job.mask(secret)
    const texts = printed.map((pieces) => show(pieces, job))
    const [first = ''] = texts
    await job.log.chapter(first, () => Promise.resolve())
    for (const text of texts) {
      job.log.warning(text)
      await job.summarize(text)
    }
    if (fails) throw new StepError({ step: first, why: texts.join('\n'), lastLines: texts, next: texts.join(' ') })
    return Object.fromEntries(texts.map((text, index) => [`output-${index}`, text]))
  },
})

/** As a program's output goes to the log; returns it whole. */
function show(pieces: readonly string[], job: Job): string {
  const chunks = pieces.map((piece) => Buffer.from(piece, 'base64'))
  const output = new Output((line) => {
    job.log.line(line)
  })
  for (const chunk of chunks) output.write(chunk)
  output.end()
  return Buffer.concat(chunks).toString()
}
