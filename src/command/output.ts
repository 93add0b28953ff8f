import { StringDecoder } from 'node:string_decoder'

/** Cuts a stream of UTF-8 into lines, wherever the borders of its chunks fall. Line ends are `\n` and are left out. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  write(chunk: Buffer): void {
    const text = this.#decoder.write(chunk)
    // A line of many chunks must not be searched from its beginning with each of them.
    if (!text.includes('\n')) {
      this.#rest += text
      return
    }
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#onLine(line)
  }

  /** Hands out the last line if it had no end. */
  end(): void {
    const rest = this.#rest + this.#decoder.end()
    this.#rest = ''
    if (rest !== '') this.#onLine(rest)
  }
}

/** One stream of a program's output: handed out by lines as it arrives, or collected, never both. */
export class Output {
  readonly #lines: LineSplitter | undefined
  readonly #chunks: Buffer[] = []

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#lines = onLine && new LineSplitter(onLine)
  }

  write(chunk: Buffer): void {
    if (this.#lines === undefined) this.#chunks.push(chunk)
    else this.#lines.write(chunk)
  }

  /** Hands out the last line if it had no end. */
  end(): void {
    this.#lines?.end()
  }

  /** What was collected. */
  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}
