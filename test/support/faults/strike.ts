import { setTimeout as sleep } from 'node:timers/promises'
import type { Proxy } from '../sshd/proxy.ts'
import type { Fault } from './fault.ts'
import { HostScript } from './host-script.ts'
import type { Lookout } from './lookout.ts'
import type { Moment } from './moment.ts'
import type { Site } from './site.ts'

/** How long a link stays black-holed. */
const BLACK_HOLE_MS = 10_000

/** Waits on the host for the moment, strikes there if the fault is one of the host, and tells. */
export class Striker implements AsyncDisposable {
  readonly #script: HostScript
  readonly #fault: Fault

  private constructor(script: HostScript, fault: Fault) {
    this.#script = script
    this.#fault = fault
  }

  /**
   * Resolves when it watches: what is in the stack's folder now is not what it waits for.
   *
   * @param delay seconds between the record and the strike
   */
  static async set(site: Site, moment: Moment, fault: Fault, delay: number): Promise<Striker> {
    const script = new HostScript(
      site.host,
      watch(site.path, moment.record, delay, 'script' in fault.by ? fault.by.script : ':'),
    )
    await script.line('watching')
    return new Striker(script, fault)
  }

  /** Resolves when the fault may be done: to the transaction, or to undefined when the moment never came. */
  async moment(): Promise<string | undefined> {
    return (await this.#script.line('moment'))?.split(' ')[1]
  }

  /** Whether there was something to strike: what runs on a host when its power goes says no more. */
  async struck(): Promise<boolean> {
    return this.#fault.by.where === 'power' || (await this.#script.line('struck')) !== undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#script.end()
  }
}

/** What is typed at its input ends it; so does the end of it. Reading from it is the shell's way to sleep. */
function watch(path: string, record: string, delay: number, script: string): string {
  return `
    known=" $(ls ${path}/transactions | tr '\\n' ' ') "
    echo watching
    while true; do
      for tx in ${path}/transactions/t-*; do
        [[ $known != *" \${tx##*/} "* && -f $tx/journal ]] || continue
        journal=$(<"$tx/journal")
        [[ "\${journal//$'\\n'/ } " == *"${record}"* ]] && break 2
      done
      read -rt 0.01; [ $? -gt 128 ] || exit
    done
    sleep ${delay}
    echo "moment \${tx##*/}"
    { ${script}
    } && echo struck`
}

export interface Reach {
  readonly proxy: Proxy
  readonly runner: AbortController
  readonly lookout: Lookout
}

/** Does what is done from outside the host. Resolves to the time, in milliseconds, from which on things can get better. */
export async function strike({ by }: Fault, { host }: Site, { proxy, runner, lookout }: Reach): Promise<number> {
  switch (by.where) {
    case 'host':
      return Date.now()
    case 'link':
      proxy[by.how]()
      if (by.how !== 'blackHole') return Date.now()
      await sleep(BLACK_HOLE_MS)
      proxy.heal()
      return Date.now()
    case 'runner':
    case 'agent and runner':
      runner.abort()
      return Date.now()
    case 'power':
      await host.cutOff()
      await host.boot()
      lookout.watch()
      return Date.now()
  }
}
