import { HOST, isOutside } from '../edge/outside.ts'
import type { Manifest } from '../release/manifest.ts'
import type { Container, Observation } from '../stack/observation.ts'
import { isApart, slotNetworks } from './networks.ts'
import type { ServicePlan } from './plan.ts'

/** An edge that is none of the stack's services. */
export interface Outside {
  readonly name: string
  /** It runs, but not in the networks of both slots, where it is to lead. The server itself reaches them. */
  readonly joins: boolean
}

/** The edges of a release that no release replaces. */
export function outsideEdges(to: Manifest, observation: Observation): readonly Outside[] {
  const { slots } = to
  if (slots === undefined) return []
  const networks = slotNetworks(observation, slots)
  return slots.edges.filter(isOutside).map((name) => ({
    name,
    joins: name !== HOST && isApart(containersAt(name, observation), networks),
  }))
}

/** Why such an edge could not be led to a release, with what to do. */
export function outsideObjections(to: Manifest, observation: Observation): readonly string[] {
  return (to.slots?.edges ?? []).filter(isOutside).flatMap((name) => {
    if (name === HOST) return nginxObjection(observation) ?? []
    if (containersAt(name, observation).length > 0) return []
    return [
      `x-estiba.edge: no container of ${name} runs that mounts the folder \`edge\` of this stack; give it one of the volumes of ` +
        'docs/recipes.md ("One edge for several stacks"), and start it',
    ]
  })
}

function nginxObjection({ host }: Observation): string | undefined {
  if (host.nginx === 'ready') return undefined
  if (host.nginx === undefined)
    return 'x-estiba.edge: there is no nginx on the server itself; install it, or name the edge that there is'
  return (
    `x-estiba.edge: ${host.user} may not reload the server's nginx; as root, write the line ` +
    `\`${host.user} ALL=(root) NOPASSWD: /usr/sbin/nginx -t -q, /usr/sbin/nginx -s reload\` into /etc/sudoers.d/estiba (and install sudo)`
  )
}

function containersAt(edge: string, { outside }: Observation): readonly Container[] {
  const [project, service] = edge.split('/')
  return outside.filter(
    ({ labels, status }) =>
      status === 'running' &&
      labels['com.docker.compose.project'] === project &&
      labels['com.docker.compose.service'] === service,
  )
}

export function describeOutside({ name, joins }: Outside): ServicePlan {
  const because = joins
    ? 'the edge that leads to this stack (x-estiba.edge) is not in the networks of its slots, and joins them as it is'
    : 'the edge that leads to this stack (x-estiba.edge) stays as it is'
  return { name, kind: 'edge', action: joins ? 'join' : 'leave', because, added: 0 }
}
