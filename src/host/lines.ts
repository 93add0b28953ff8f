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
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n')
    this.#rest = lines.pop() ?? ''
    lines.forEach(this.#onLine)
  }

  /** Hands out the last line if it had no end. */
  end(): void {
    const rest = this.#rest + this.#decoder.end()
    this.#rest = ''
    if (rest !== '') this.#onLine(rest)
  }
}
