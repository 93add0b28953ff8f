import type { Container } from './container.ts'
import type { Host } from './host.ts'

/** What a visitor is answered by: a container of the web service, whatever it says; undefined when nobody answers. */
export function whoAnswers(host: Host, web: string): Container | undefined {
  const { engine, disk } = host
  const isOpen = engine.containers.some(({ service, status }) => service === 'nginx' && status === 'running')
  if (!host.isUp || !isOpen) return undefined
  const [, slot = slotOf(host, web), trial] = /^slots\/([ab])(-trial)?$/.exec(disk.read('edge/live') ?? '') ?? []
  const inSlot = (wanted: string): Container | undefined =>
    engine.containers.find(
      ({ service, labels, status, isStopping, isOneOff }) =>
        service === web && labels['estiba.slot'] === wanted && status === 'running' && !isStopping && !isOneOff,
    )
  return inSlot(slot) ?? (trial === undefined ? undefined : inSlot(slot === 'a' ? 'b' : 'a'))
}

/** The marker that leads a service to slot b where each is led by itself. */
export function markerAt(service: string): string {
  return `edge/slots/rolling/${service}.b`
}

function slotOf({ disk }: Host, service: string): string {
  return disk.read('edge/live') === 'slots/rolling' && disk.has(markerAt(service)) ? 'b' : 'a'
}

/** Whether the edge leads there: all to a folder, or a service to a slot, as in `api/b`. */
export function isLed(host: Host, wanted: string): boolean {
  const [service = '', slot] = wanted.split('/')
  const live = host.disk.read('edge/live')
  if (slot === undefined || live !== 'slots/rolling') return live === `slots/${slot ?? wanted}`
  return slotOf(host, service) === slot
}
