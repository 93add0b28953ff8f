import type { Loss } from './host/disk.ts'
import type { Host } from './host/host.ts'

/** What may strike. */
export const FAULTS = [
  'agent killed',
  'agent and its effect separated',
  'runner killed',
  'link lost',
  'link gone',
  'engine terminated',
  'engine killed',
  'host cut off',
  'host cut off, writes kept',
  'host cut off, writes torn',
  'disk full',
] as const
export type Fault = (typeof FAULTS)[number]

/** Seconds that the engine, and the link, stay away. */
const AWAY = { engine: 2, link: 3 }

/** A fault at the instant of that number. */
export interface Strike {
  readonly at: number
  readonly fault: Fault
}

/** Strikes; false when there was nothing to strike. */
export function strike(host: Host, fault: Fault): boolean {
  switch (fault) {
    case 'agent killed':
      return host.killAll('agent', 'effect').length > 0
    case 'agent and its effect separated':
      return host.kernel.processes('effect').length > 0 && host.killAll('agent').length > 0
    case 'runner killed':
      return host.killAll('runner', 'visitor').length > 0
    case 'link lost':
      return loseLink(host, AWAY.link)
    case 'link gone':
      return loseLink(host, Infinity)
    case 'engine terminated':
      return restarted(host, () => {
        host.engine.terminate(AWAY.engine)
      })
    case 'engine killed':
      return restarted(host, () => {
        host.engine.crash(AWAY.engine)
      })
    case 'host cut off':
      return cutOff(host, 'lost')
    case 'host cut off, writes kept':
      return cutOff(host, 'kept')
    case 'host cut off, writes torn':
      return cutOff(host, 'torn')
    case 'disk full':
      if (host.disk.isFull) return false
      host.disk.isFull = true
      return true
  }
}

function loseLink(host: Host, seconds: number): boolean {
  if (!host.isLinkUp || host.kernel.processes('runner').length === 0) return false
  host.loseLink(seconds)
  return true
}

function restarted(host: Host, restart: () => void): boolean {
  if (!host.engine.isUp) return false
  restart()
  return true
}

function cutOff(host: Host, loss: Loss): boolean {
  if (!host.isUp) return false
  host.cutOff(loss)
  return true
}
