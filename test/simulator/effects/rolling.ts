import { folderOf } from '../host/disk.ts'
import { markerAt } from '../host/edge.ts'
import type { Run } from '../kernel.ts'
import type { Tools } from './interpret.ts'

/** `src/compose/effects/rolling.sh`: one web service after the other goes to the other slot. For now each is led where all are. */
export function* rollEdge(tools: Tools, [from = '', ...services]: readonly string[]): Run<boolean> {
  if (tools.docker.around.host.disk.read('edge/live') === 'slots/rolling') return true
  for (const service of services) if (!(yield* leadService(tools, [from, service]))) return false
  return yield* tools.files.link('edge/live', 'slots/rolling')
}

/** A marker leads it to b. */
export function* leadService({ docker }: Tools, [to = '', service = '']: readonly string[]): Run<boolean> {
  const { disk } = docker.around.host
  const marker = markerAt(service)
  if (to === 'a') disk.remove(marker)
  else if (!disk.write(marker, '')) return false
  disk.sync(marker)
  yield* docker.around.midst('rename')
  disk.syncFolder(folderOf(marker))
  return true
}

export function* leadAll({ docker, files }: Tools, [to = '', ...services]: readonly string[]): Run<boolean> {
  const { disk } = docker.around.host
  if (services.some((service) => disk.has(markerAt(service)) !== (to === 'b'))) return false
  return yield* files.link('edge/live', `slots/${to}`)
}

/** What served again; before it those of the others of which the new can't answer, and all, where that was not enough. */
export function* comeBack(tools: Tools, [within, service = '', ...others]: readonly string[]): Run<boolean> {
  const { docker, containers } = tools
  const seconds = Number(within)
  yield* docker.awaitEngine()
  if (!(yield* containers.endStops())) return false
  const ids = containers.served().flatMap(([owner, id]) => (owner === service ? [id] : []))
  const before = docker.engine.containers.filter(({ id }) => ids.includes(id))
  if (before.some(({ status }) => status !== 'running'))
    for (const other of others)
      if (!(yield* containers.areWell([other])) && !(yield* takeBack(tools, seconds, other))) return false
  if (yield* containers.standBy(seconds, [service])) return true
  if (others.length === 0) return false
  for (const other of others) if (!(yield* takeBack(tools, seconds, other))) return false
  return yield* docker.prove(seconds, before)
}

function* takeBack(tools: Tools, seconds: number, other: string): Run<boolean> {
  const { containers } = tools
  return (
    (yield* containers.standBy(seconds, [nameOf(other)])) &&
    (yield* leadService(tools, [containers.release.variant === 'b' ? 'a' : 'b', nameOf(other)])) &&
    (yield* retireNew(tools, [other]))
  )
}

/** One that was started and fails is stopped, and not tried again. */
export function* tryNew({ docker, containers }: Tools, [within, service = '']: readonly string[]): Run<boolean> {
  const { tx, host } = docker.around
  const failed = `${tx}/failed-${nameOf(service)}`
  if (host.disk.has(failed)) return false
  if (yield* containers.startAndProve(Number(within), [service])) return true
  const wasStarted = containers.newOf(service)?.every(({ status }) => status !== 'created') ?? false
  if (wasStarted) host.disk.write(failed, '')
  yield* containers.stopNew([service])
  return false
}

export function* retireNew({ docker, containers }: Tools, services: readonly string[]): Run<boolean> {
  yield* docker.awaitEngine()
  const fresh = containers.newOfAll(services)
  return fresh !== undefined && (yield* docker.update(fresh, () => 'no')) && (yield* docker.stop(fresh))
}

function nameOf(service: string): string {
  return service.split('=')[0] ?? ''
}
