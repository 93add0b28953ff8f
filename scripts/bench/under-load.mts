import { setTimeout as sleep } from 'node:timers/promises'
import { BusyShop, type OwnEdge } from '../../test/support/busy/busy-shop.ts'
import { type CrowdReport, Visitors } from '../../test/support/busy/visitors.ts'
import type { Lab } from '../../test/support/lab/lab.ts'
import { ByHand } from './by-hand.mts'
import { type Figure, figureOf, median, type Pair, round, spread } from './figure.mts'

/** Deploys of each way. */
const DEPLOYS = 3

/** Connections alone: what ends a WebSocket is another question, which `npm run test:load` asks. */
const CROWD = { rate: 100, sockets: 0, streams: 0 }

/** Milliseconds that the slowest of a hundred answers may take longer by the switch, beyond the start of containers. */
const SWITCH_COSTS = 50

/** Seconds that visitors stay behind a deploy: what is wrong by then does not mend itself. */
const AFTER = 5

const UP = 'docker compose pull --quiet && docker compose up --detach --wait'
const ROLLOUT = 'docker compose pull --quiet && docker rollout api && docker rollout web'

/** A way to bring another version to the shop, which says how many seconds it took. */
interface Way extends AsyncDisposable {
  readonly name: string
  readonly url: string
  readonly deploy: (version: string) => Promise<number | undefined>
  /** Behind each deploy, when the visitors have gone. */
  readonly mend: () => Promise<void>
}

interface Seen extends CrowdReport {
  readonly took: number | undefined
}

/** What visitors notice of deploys, behind each edge: ours, and how the same files are deployed by a line of shell. */
export async function underLoad(lab: Lab): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const edge of ['nginx', 'caddy', 'haproxy', 'traefik'] as const) {
    for (const make of [() => ours(lab, edge), ...others(lab, edge)]) {
      await using way = await make()
      // Ours throws.
      if ((await way.deploy('first')) === undefined) {
        figures.push(notRun(`deploys behind ${edge}, by ${way.name}: the first one failed`))
        continue
      }
      const control = await visit(way.url, async () => sleep(10_000).then(() => 0))
      const seen: Seen[] = []
      for (let turn = 0; turn < DEPLOYS; turn++) {
        seen.push(await visit(way.url, () => way.deploy(`turn-${turn}`)))
        await way.mend()
      }
      figures.push(...describe(`behind ${edge}, by ${way.name}`, way.name === OURS, control, seen))
      if (way.name === OURS) figures.push(await slowest(lab, edge, way, seen))
    }
  }
  return figures
}

/** How others deploy behind that edge. Behind HAProxy and Traefik they are not measured: each is set up for them in another way. */
function others(lab: Lab, edge: OwnEdge): readonly (() => Promise<Way>)[] {
  if (edge !== 'nginx' && edge !== 'caddy') return []
  const rollout = process.env['DOCKER_ROLLOUT']
  return [() => byHand(lab, edge, UP), ...(rollout === undefined ? [] : [() => byHand(lab, edge, ROLLOUT, rollout)])]
}

/** A way of others that does not even begin says nothing of ours. */
function notRun(what: string): Figure {
  return { what, unit: 'deploys', n: 0, median: 0, spread: [0, 0], verdict: 'void' }
}

const OURS = 'deploy-over-ssh'

/** Against the same containers that only start, and are gone again. */
async function slowest(lab: Lab, edge: string, way: Way, seen: readonly Seen[]): Promise<Figure> {
  const pairs: Pair[] = []
  for (const { p99, took = 0 } of seen) {
    const control = await visit(way.url, async () => {
      await lab.production.exec(START)
      await sleep(took * 1000)
      return 0
    })
    await lab.production.exec('docker rm --force bench-web bench-api')
    pairs.push({ measured: p99, control: control.p99 })
  }
  const what = `99th percentile of the answers, a deploy behind ${edge}, beyond the same containers' start`
  return figureOf({ what, unit: 'ms', control: 'the start alone', bar: SWITCH_COSTS, hold: 'beyond' }, pairs)
}

/** Both services once more, as they are, where nobody asks them. */
const START = ['web', 'api']
  .map((name) => {
    const of = `$(docker ps --quiet --filter label=com.docker.compose.project=busy --filter label=com.docker.compose.service=${name})`
    return `docker run --detach --init --name bench-${name} --volumes-from ${of} "$(docker inspect --format '{{.Image}}' ${of})" node /app/${name}.js`
  })
  .join('\n')

async function ours(lab: Lab, edge: OwnEdge): Promise<Way> {
  const shop = await BusyShop.create(lab.production, lab.registry.url, { edge, stack: 'busy', port: 8080 })
  return {
    name: OURS,
    url: shop.url,
    deploy: async (version) => {
      const from = performance.now()
      const { code, stdout } = await shop.deploy(version)
      if (code !== 0) throw new Error(`a deploy of the bench failed:\n${stdout}`)
      return (performance.now() - from) / 1000
    },
    mend: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  }
}

async function byHand(lab: Lab, edge: 'nginx' | 'caddy', command: string, script?: string): Promise<Way> {
  const shop = await ByHand.create(lab, { edge, stack: 'busy', port: 8080 })
  if (script !== undefined) await shop.bring(script)
  let isFirst = true
  return {
    name: script === undefined ? 'docker compose up --detach --wait' : 'docker rollout',
    url: shop.url,
    // There is nothing to roll out before something runs.
    deploy: (version) => {
      const line = isFirst ? UP : command
      isFirst = false
      return shop.deploy(version, line)
    },
    mend: () => shop.reload(),
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  }
}

async function visit(url: string, work: () => Promise<number | undefined>): Promise<Seen> {
  await using visitors = new Visitors({ url, ...CROWD })
  await sleep(1000)
  const took = await work()
  await sleep(AFTER * 1000)
  return { ...(await visitors.leave()), took }
}

/** Requests that failed are held to none, where the control had none; the rest is told. */
function describe(where: string, isHeld: boolean, control: CrowdReport, seen: readonly Seen[]): readonly Figure[] {
  const figure = (what: string, unit: string, values: readonly number[]): Figure => ({
    what: `${what}, a deploy ${where}`,
    unit,
    n: values.length,
    median: round(median(values)),
    spread: spread(values),
    verdict: 'told',
  })
  const failed = seen.map((each) => each.failed)
  const verdict = control.failed > 0 ? 'void' : Math.max(...failed) === 0 ? 'met' : 'missed'
  return [
    { ...figure('requests that failed', 'requests', failed), ...(isHeld && { bar: 0, verdict }) },
    figure(
      'longest time without a good answer',
      's',
      seen.map(({ silence }) => silence),
    ),
    figure(
      'time that it took',
      's',
      seen.flatMap(({ took }) => took ?? []),
    ),
    ...(seen.some(({ took }) => took === undefined)
      ? [
          figure(
            'ended with an error',
            'deploys',
            seen.map(({ took }) => (took === undefined ? 1 : 0)),
          ),
        ]
      : []),
  ]
}
