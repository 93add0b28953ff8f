import { printableLines } from './workflow-commands.ts'

/**
 * Below this, a piece of a secret says more by its absence than by its presence: masking `on` or `}` would garble the
 * whole log, and the runner drops every output that contains a masked text.
 */
const SHORTEST_PIECE = 4

/**
 * All the forms of a secret that could turn up in a log: as it is, line by line (the runner masks within single lines),
 * as base64 wherever it may begin in a longer text, percent-encoded, escaped in JSON, and as `Log.line` prints it.
 */
export function secretForms(secret: string): readonly string[] {
  const trimmed = secret.trim()
  if (trimmed.length < SHORTEST_PIECE) return trimmed === '' ? [] : [trimmed]
  const lines = trimmed.split(/\r\n|\r|\n/).map((line) => line.trim())
  const pieces = [
    ...lines,
    ...base64Forms(secret),
    ...base64Forms(trimmed),
    encodeURIComponent(trimmed.toWellFormed()),
    JSON.stringify(trimmed).slice(1, -1),
    ...lines.flatMap((line) => printableLines(line)),
  ].filter((piece) => piece.length >= SHORTEST_PIECE)
  return [...new Set(lines.length === 1 ? [trimmed, ...pieces] : pieces)]
}

/** Whole, without padding, URL-safe, and the part that stays the same at each of the three alignments in a longer text. */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const whole = bytes.toString('base64')
  const inside = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes])
    return shifted.toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6))
  })
  return [whole, ...inside].flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
}
