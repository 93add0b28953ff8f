import type { Container } from '../stack/observation.ts'

/** Apart in a manifest's `source:target`. */
const MOUNT = /:(?=[^:]*$)/

export function targetOf(mount: string): string {
  return mount.split(MOUNT)[1] ?? ''
}

/** `source:target` against the engine's word; a named volume carries the project's name in front. */
export function isMounted(mount: string, { mounts }: Container): boolean {
  const [source = '', target = ''] = mount.split(MOUNT)
  return mounts.some(
    ({ Type, Source, Name = '', Destination }) =>
      Destination === target && (Type === 'bind' ? Source === source : Name === source || Name.endsWith(`_${source}`)),
  )
}
