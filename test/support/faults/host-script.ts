import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { LabHost } from '../lab/lab.ts'

/** A script that runs on a host as root and tells what it sees line by line. It must end when its input is closed. */
export class HostScript {
  readonly lines: string[] = []
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #waiting = new Set<() => void>()
  #isOver = false

  constructor(host: LabHost, script: string) {
    const child = spawn('docker', ['exec', '--interactive', host.container, 'bash', '-c', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.on('error', () => undefined)
    createInterface(child.stdout).on('line', (line) => {
      this.lines.push(line)
      this.#wake()
    })
    this.#child = child
    this.#ended = once(child, 'close').then(() => {
      this.#isOver = true
      this.#wake()
    })
  }

  /** Resolves to the first line that begins like this, or to undefined when the script has ended without. */
  async line(begin: string): Promise<string | undefined> {
    for (;;) {
      const found = this.lines.find((line) => line.startsWith(begin))
      if (found !== undefined || this.#isOver) return found
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  /** Returns at once where the host is gone. */
  async end(): Promise<void> {
    this.#child.stdin?.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
    await this.#ended
    clearTimeout(timer)
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}
