import type { Container } from './container.ts'
import type { Host } from './host.ts'

/** What a visitor is answered by: a container of the web service, whatever it says; undefined when nobody answers. */
export function whoAnswers(host: Host, web: string): Container | undefined {
  const { engine, disk } = host
  const isOpen = engine.containers.some(({ service, status }) => service === 'nginx' && status === 'running')
  if (!host.isUp || !isOpen) return undefined
  const [, slot = 'a', trial] = /^slots\/([ab])(-trial)?$/.exec(disk.read('edge/live') ?? '') ?? []
  const inSlot = (wanted: string): Container | undefined =>
    engine.containers.find(
      ({ service, labels, status, isStopping, isOneOff }) =>
        service === web && labels['estiba.slot'] === wanted && status === 'running' && !isStopping && !isOneOff,
    )
  return inSlot(slot) ?? (trial === undefined ? undefined : inSlot(slot === 'a' ? 'b' : 'a'))
}
