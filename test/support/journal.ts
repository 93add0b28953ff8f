/** Numbers the records among lines as `agent follow` prints them; titles, output and words of the agent stay as they are. */
export function journal(text: string, from = 1): string {
  let number = from - 1
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => (/^(?:[#>]|gone$|refused (?:state-|not-owner))/.test(line) ? line : record(++number, line)))
    .map((line) => `${line}\n`)
    .join('')
}

/** Three seconds apart. */
function record(number: number, text: string): string {
  return `${number} ${1_795_300_000 + 3 * number} ${3600 + 3 * number} ${text}`
}
