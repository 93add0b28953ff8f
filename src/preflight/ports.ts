import type { Observation } from '../stack/observation.ts'
import type { Ports } from '../stack/host-facts.ts'
import type { Demand, WantedPort } from './demand.ts'

/** Ports that the release publishes and somebody else has, or that this engine may not open. */
export function portProblems({ host }: Observation, project: string, demand: Demand | undefined): readonly string[] {
  const wanted = demand?.ports ?? []
  return [
    ...wanted.flatMap((port) => taken(port, host.ports, project)),
    ...(host.engine?.rootless === true
      ? wanted.flatMap((port) => privileged(port, host.ports.unprivilegedStart, host.user))
      : []),
  ]
}

function taken(wanted: WantedPort, { published, listening }: Ports, project: string): readonly string[] {
  const publishers = published.filter((other) => meets(wanted, other, other.from, other.to))
  // The engine's own proxy listens where its containers publish.
  if (publishers.some((other) => other.project === project)) return []
  const [publisher] = publishers
  if (publisher !== undefined)
    return [
      `${describe(wanted)}, which the container ${publisher.container} has${publisher.project === '' ? '' : ` (of the Compose project ${publisher.project})`}; ` +
        'stop that container, or publish another port',
    ]
  const listener = listening.find((other) => meets(wanted, other, other.port, other.port))
  if (listener === undefined) return []
  return [
    `${describe(wanted)}, where a process of the host listens already, of the user ${listener.user}; ` +
      `see what it is (sudo ss -lnp 'sport = :${listener.port}') and stop it, or publish another port`,
  ]
}

function privileged(wanted: WantedPort, start: number, user: string): readonly string[] {
  return wanted.from >= start
    ? []
    : [
        `${describe(wanted)}, but the rootless engine of ${user} may open ports from ${start} only; run once on the host: ` +
          `echo net.ipv4.ip_unprivileged_port_start=${wanted.from} | sudo tee /etc/sysctl.d/50-ports.conf && sudo sysctl --system`,
      ]
}

function meets(
  wanted: WantedPort,
  { protocol, address }: { readonly protocol: string; readonly address: string },
  from: number,
  to: number,
): boolean {
  return (
    wanted.protocol === protocol &&
    wanted.from <= to &&
    from <= wanted.to &&
    (wanted.address === 'any' || address === 'any' || wanted.address === address)
  )
}

function describe({ service, protocol, address, from, to }: WantedPort): string {
  const ports = from === to ? String(from) : `${from}-${to}`
  return `services.${service} publishes port ${address === 'any' ? '' : `${address}:`}${ports}/${protocol}`
}
