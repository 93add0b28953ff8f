import { createHash } from 'node:crypto'
import type { ComposeModel, Service } from './model.ts'

/**
 * Our own hash of what a service is: equal means nothing to do. Compose's own hash changes with its versions. 16 hex digits
 * of SHA-256 over the service's text with sorted keys, and over the text of the configs that it mounts.
 */
export function definitionOf(service: Service, model: ComposeModel): string {
  const { build, depends_on, ...text } = service
  const configs = (service.configs ?? []).map(({ source }) => model.configs?.[source])
  return createHash('sha256')
    .update(canonical([text, configs]))
    .digest('hex')
    .slice(0, 16)
}

/** JSON with sorted keys and no spaces: the same value has one text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
    .join(',')}}`
}
