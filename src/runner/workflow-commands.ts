/**
 * Text from elsewhere as lines that the runner and a terminal do nothing but show.
 *
 * The runner reads each line of our output for workflow commands, so a line from a server could set an output or end a
 * chapter. A space breaks the two marks that it looks for: `::` at the beginning of a line, white space aside, and `##[`
 * anywhere. It looks for them with .NET's culture-aware search, which skips characters that nobody sees, so these go first.
 * https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function printableLines(text: string): readonly string[] {
  return withoutEscapes(text).split(LINE_BREAK).map(harmless)
}

/** What any reader of lines takes for an end: .NET stops at a carriage return, editors at U+2028. */
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/

/** Escape sequences of terminals: OSC and its like with their text, CSI, and those of one more character. */
const ESCAPE =
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c\r\n]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -~]?/g

/** Colours are welcome in a log. What moves the cursor, erases or conceals (attribute 8) is not. */
const COLOUR = /^\u001b\[(?!(?:[\d;]*;)?8[;m])[\d;]*m$/

function withoutEscapes(text: string): string {
  return text.replace(ESCAPE, (sequence) => (COLOUR.test(sequence) ? sequence : ''))
}

/** Controls other than tab and escape, and what Unicode calls format characters or ignorable. */
const INVISIBLE = /(?![\t\u001b])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu

const COMMAND = /^((?:\s|\u001b\[[\d;]*m)*:)(?=(?:\u001b\[[\d;]*m)*:)/

function harmless(line: string): string {
  return line
    .replace(INVISIBLE, '')
    .replace(/##(?=(?:\u001b\[[\d;]*m)*\u001b?\[)/g, '## ')
    .replace(COMMAND, '$1 ')
}
