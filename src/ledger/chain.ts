import { createHash } from 'node:crypto'

const SUM = /^(?<text>.*),"sum":"(?<sum>[0-9a-f]{64})"\}$/

/** The checksum that a line's text must have behind a line with the checksum `before`; hex. */
export function chainSum(before: string, text: string): string {
  return createHash('sha256').update(before).update(text).digest('hex')
}

/**
 * The numbers of the ledger's lines, as given from `first` on, whose checksum is not that of the line before and their own
 * text: a line there or the one before was changed, or lines between them are gone. A line without a checksum says nothing;
 * one after a line with a checksum is wrong. What stood before the first line is known only where that is line 1.
 */
export function brokenLines(lines: readonly string[], first = 1): readonly number[] {
  const broken: number[] = []
  let before: string | undefined = first === 1 ? '' : undefined
  for (const [index, line] of lines.entries()) {
    const { text, sum } = SUM.exec(line)?.groups ?? {}
    const isRight =
      text === undefined || sum === undefined ? !before : before === undefined || chainSum(before, text) === sum
    if (!isRight) broken.push(first + index)
    before = sum ?? ''
  }
  return broken
}
