import { expect, test } from 'vitest'
import { BusyShop } from '../support/busy/busy-shop.ts'
import { doAll, tell } from '../support/busy/deploys.ts'
import { labFromContext } from '../support/lab/context.ts'
import type { LabHost } from '../support/lab/lab.ts'
import { must } from '../support/lab/must.ts'
import { someOf } from '../support/random.ts'

const { staging, registry } = labFromContext()

const EDGES = someOf(1, [
  { edge: 'nginx', port: 8085 },
  { edge: 'caddy', port: 8084 },
  { edge: 'haproxy', port: 8083 },
] as const)

/** A page for which web and api, asked by its name, are of different releases. */
const MIXED = /^\/: 200 web \S+ api \S+$/

test.each(EDGES)(
  'behind $edge, one web service after the other: nothing fails, no matter which way, and no two of them run twice',
  async ({ edge, port }) => {
    await using shop = await BusyShop.create(staging, registry.url, { edge, stack: `rolling-${edge}`, port })
    await shop.edit('compose.yml', 'networks:\n', 'x-estiba: { strategy: rolling }\n\nnetworks:\n')
    const first = await shop.deploy('first')
    expect(first.code, first.stdout).toBe(0)
    expect(first.stdout).toContain('has no effect this time, because what runs now is in no slot yet')

    await using watch = await Watch.begin(staging, shop.stack)
    // To slot b and back, and each way once more for nothing.
    const told = await doAll(shop, ['deploy', 'bad', 'deploy', 'bad', 'back'], { rate: 40, sockets: 0, streams: 0 })
    console.log(tell(told))
    expect(told.failures.filter(({ what }) => !MIXED.test(what))).toEqual([])
    // Of a bad one the api was well, and its turn came first.
    expect(Object.keys(told.versions).sort()).toEqual(['bad-1', 'bad-3', 'deploy-0', 'deploy-2', 'first'])
    expect(await watch.mostAtOnce()).toEqual({ services: ['api', 'web'], twice: 1 })
    expect(await slots(shop)).toBe('b')

    // As Compose knows it: nothing is made anew, and nothing of one slot is in the other.
    const before = await containers(shop)
    await must(staging, `cd ${shop.path}/current && docker compose up --detach --wait`)
    expect(await containers(shop)).toBe(before)
    const apart = `docker ps --all --quiet --filter label=estiba.slot=b --filter network=${shop.stack}_slot-a`
    expect(await must(staging, apart)).toBe('')
  },
)

function containers({ stack }: BusyShop): Promise<string> {
  return must(staging, `docker ps --all --quiet --filter label=com.docker.compose.project=${stack} | sort`)
}

function slots({ stack }: BusyShop): Promise<string> {
  const format = `--format '{{.Label "estiba.slot"}}'`
  return must(
    staging,
    `docker ps ${format} --filter label=com.docker.compose.project=${stack} --filter label=estiba.slot | sort -u`,
  )
}

/** Notes from outside which containers of a stack start and end. */
class Watch implements AsyncDisposable {
  readonly #host: LabHost
  readonly #stack: string

  private constructor(host: LabHost, stack: string) {
    this.#host = host
    this.#stack = stack
  }

  static async begin(host: LabHost, stack: string): Promise<Watch> {
    const watch = new Watch(host, stack)
    const format = `{{.Action}} {{index .Actor.Attributes "com.docker.compose.service"}}`
    const events = `docker events --format '${format}' --filter event=start --filter event=die --filter label=com.docker.compose.project=${stack}`
    await must(
      host,
      `setsid sh -c 'echo $$ >${watch.#file}.pid; exec "$@"' sh ${events} >${watch.#file} 2>&1 </dev/null & sleep 1; kill -0 $(cat ${watch.#file}.pid)`,
    )
    return watch
  }

  get #file(): string {
    return `/tmp/watch-${this.#stack}`
  }

  /** Which services were started, and how many of them had two containers running at the same moment, at most. */
  async mostAtOnce(): Promise<{ readonly services: readonly string[]; readonly twice: number }> {
    const running = new Map<string, number>()
    let twice = 0
    for (const line of (await must(this.#host, `cat ${this.#file}`)).split('\n')) {
      const [action, service = ''] = line.split(' ')
      running.set(service, (running.get(service) ?? 1) + (action === 'start' ? 1 : -1))
      twice = Math.max(twice, [...running.values()].filter((count) => count > 1).length)
    }
    return { services: [...running.keys()].sort(), twice }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.exec(`kill $(cat ${this.#file}.pid); rm -f ${this.#file} ${this.#file}.pid`)
  }
}
