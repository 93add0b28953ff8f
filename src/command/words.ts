/**
 * Splits a command line as a POSIX shell would split words with quotes and backslashes, and nothing else of a shell: no
 * variables, no operators. Returns the problem as a string when a quote is not closed.
 */
export function splitWords(text: string): readonly string[] | string {
  const words: string[] = []
  let word: string | undefined
  let quoted = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (quoted !== '') {
      if (char === quoted) quoted = ''
      else if (char === '\\' && quoted === '"' && '"\\$`'.includes(text.charAt(at + 1)))
        word = `${word ?? ''}${text.charAt(++at)}`
      else word = `${word ?? ''}${char}`
    } else if (char === '"' || char === "'") {
      quoted = char
      word ??= ''
    } else if (char === '\\' && at + 1 < text.length) word = `${word ?? ''}${text.charAt(++at)}`
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = `${word ?? ''}${char}`
  }
  if (quoted !== '') return `the quote ${quoted} is not closed`
  return word === undefined ? words : [...words, word]
}
