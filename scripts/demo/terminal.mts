/** Where the demo is told: a stream that may be a terminal. */
export interface Screen {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface TerminalOptions {
  readonly screen: Screen
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds since the demo began. */
  readonly now: () => number
}

const style = { bold: '1', dim: '2', good: '32', bad: '31' } as const

/** Tells the story in short lines with the time since the beginning. Plain text where nobody watches or NO_COLOR is set. */
export class Terminal implements Disposable {
  readonly #options: TerminalOptions
  readonly #colored: boolean
  #live: NodeJS.Timeout | undefined

  constructor(options: TerminalOptions) {
    this.#options = options
    const { screen, env } = options
    // https://no-color.org: set and not empty.
    this.#colored = screen.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  }

  /** A line as it is, without a time. */
  text(line: string): void {
    this.#line(line)
  }

  chapter(title: string): void {
    this.#line('')
    this.#line(`${this.#time()}  ${this.#paint('bold', title)}`)
  }

  step(text: string): void {
    this.#line(`${this.#time()}  ${text}`)
  }

  /** One phase of a run, with how long it took. */
  phase(name: string, milliseconds: number, result: 'success' | 'failure'): void {
    const took = formatSeconds(milliseconds).padStart(7)
    const red = result === 'failure' ? this.#paint('bad', '  red') : ''
    this.#line(`${this.#time()}    ${this.#paint('dim', `${name.padEnd(12)}${took}`)}${red}`)
  }

  expectation(met: boolean, text: string): void {
    const mark = met ? this.#paint('good', '✓') : this.#paint('bad', '✗')
    this.#line(`${this.#time()}  ${mark} ${text}`)
  }

  /** Shows what is going on until the next line is written; only where somebody watches. */
  watch(what: string): void {
    this.#stopWatching()
    if (this.#options.screen.isTTY !== true) return
    const since = this.#options.now()
    const show = (): void => {
      const elapsed = formatSeconds(this.#options.now() - since)
      this.#options.screen.write(`\r\x1b[2K${this.#time()}    ${this.#paint('dim', `${what} ... ${elapsed}`)}`)
    }
    show()
    this.#live = setInterval(show, 200)
  }

  [Symbol.dispose](): void {
    this.#stopWatching()
  }

  #stopWatching(): void {
    if (this.#live === undefined) return
    clearInterval(this.#live)
    this.#live = undefined
    this.#options.screen.write('\r\x1b[2K')
  }

  #line(text: string): void {
    this.#stopWatching()
    this.#options.screen.write(`${text}\n`)
  }

  #time(): string {
    return this.#paint('dim', formatClock(this.#options.now()).padStart(6))
  }

  #paint(name: keyof typeof style, text: string): string {
    return this.#colored ? `\x1b[${style[name]}m${text}\x1b[0m` : text
  }
}

/** `4:05`, minutes and seconds. */
export function formatClock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** `12.3 s`. */
export function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
