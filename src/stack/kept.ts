import type { Manifest } from '../release/manifest.ts'
import type { Container, Observation } from './observation.ts'

const ENDED = ['created', 'exited', 'dead']

/**
 * Whether a container was set aside when its release was taken back, for whoever wants to know what was wrong with it: ours,
 * ended, not to be started by the engine, and not what the live release has.
 */
export function isKept(
  { labels, status, restart }: Container,
  live: Manifest | undefined,
  { edge, currentVariant }: Pick<Observation, 'edge' | 'currentVariant'>,
): boolean {
  const definition = labels['estiba.definition']
  if (definition === undefined || labels['com.docker.compose.oneoff'] === 'True') return false
  if (!ENDED.includes(status) || restart !== 'no') return false
  const slot = labels['estiba.slot']
  const where = live?.slots ? (edge?.live ?? currentVariant) : 'plain'
  const isLive = live?.services[labels['com.docker.compose.service'] ?? '']?.definition === definition
  return !isLive || (slot !== undefined && slot !== where)
}
