import type { LabHost } from '../lab/lab.ts'
import { HostScript } from './host-script.ts'

/** Counts the schedulers that run, again and again, by `docker ps` on the host. */
export class Lookout implements AsyncDisposable {
  readonly #host: LabHost
  readonly #script: string
  readonly #watches: HostScript[] = []

  constructor(host: LabHost, stack: string) {
    const labels = `--filter label=com.docker.compose.project=${stack} --filter label=com.docker.compose.service=scheduler`
    this.#host = host
    // Reading from its input is the shell's way to sleep; the end of the input ends it.
    this.#script = `while true; do
        docker ps --quiet ${labels} 2>/dev/null | wc -l
        read -rt 0.5; [ $? -gt 128 ] || exit
      done`
    this.watch()
  }

  /** Once more, since whatever ran on a host ended when its power went. */
  watch(): void {
    this.#watches.push(new HostScript(this.#host, this.#script))
  }

  /** The most that were seen at once, and how often was looked. */
  seen(): { readonly most: number; readonly looks: number } {
    const counts = this.#watches.flatMap(({ lines }) => lines.map(Number))
    return { most: Math.max(0, ...counts), looks: counts.length }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.end()))
  }
}
