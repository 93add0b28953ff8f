import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { docker, LAB_LABEL, OWNER_LABEL } from './docker.ts'
import type { LabHost } from './lab.ts'
import { hostKeyLines } from './known-hosts.ts'
import type { HostPorts } from './ports.ts'
import { run } from './process.ts'

/** All there is to know about a running host, as plain JSON: another process makes the same LabHost of it. */
export interface HostRecord {
  readonly name: string
  readonly container: string
  readonly ports: HostPorts
  readonly privateKey: string
  readonly knownHosts: string
}

export interface HostSpec {
  readonly name: string
  readonly lab: string
  readonly owner: string
  readonly image: string
  readonly network: string
  readonly ports: HostPorts
  readonly registryPort: number
  readonly authorizedKey: string
}

// Three seconds on an idle machine; a busy one with two cores may take half a minute.
const STARTED_WITHIN = 120_000

/** Starts a server, waits until sshd and its engine answer, and returns its name in the engine. */
export async function startHost(spec: HostSpec): Promise<string> {
  const { name, lab, ports, registryPort } = spec
  const container = `${lab}-${name}`
  const publish = Object.entries({ 22: ports.ssh, ...ports.services })
  await docker(
    ...['run', '--detach', '--name', container, '--hostname', name, '--network', spec.network],
    ...['--label', `${LAB_LABEL}=${lab}`, '--label', `${OWNER_LABEL}=${spec.owner}`],
    // An engine inside needs the privileges; /run is empty after every boot, as on a real machine; overlay needs a volume.
    ...['--privileged', '--cgroupns', 'private', '--tmpfs', '/run:exec,mode=755', '--tmpfs', '/tmp:exec,mode=1777'],
    ...['--mount', 'type=volume,dst=/var/lib/docker'],
    ...['--env', `REGISTRY=127.0.0.1:${registryPort}=${lab}-registry:5000`],
    ...['--env', `AUTHORIZED_KEY=${spec.authorizedKey}`],
    ...publish.flatMap(([inside, outside]) => ['--publish', `127.0.0.1:${outside}:${inside}`]),
    spec.image,
  )
  await untilReady(container, ports.ssh)
  return container
}

/** known_hosts text of a running host, read from inside it. */
export async function readKnownHosts(container: string, sshPort: number): Promise<string> {
  return hostKeyLines(sshPort, await docker('exec', container, 'sh', '-c', 'cat /etc/ssh/ssh_host_*_key.pub'))
}

/** A handle on a host that runs already. */
export function attachHost({ name, container, ports, privateKey, knownHosts }: HostRecord): LabHost {
  return {
    name,
    container,
    ssh: { host: '127.0.0.1', port: ports.ssh, user: 'deploy' },
    privateKey,
    knownHosts,
    url(port) {
      const outside = ports.services[port]
      if (outside === undefined) {
        throw new Error(`A lab host publishes ${Object.keys(ports.services).join(', ')}, not ${port}.`)
      }
      return `http://127.0.0.1:${outside}`
    },
    exec: (command) => run(['docker', 'exec', container, 'bash', '-c', command]),
    async cutOff() {
      await docker('kill', '--signal', 'KILL', container)
    },
    async boot() {
      await docker('start', container)
      await untilReady(container, ports.ssh)
    },
  }
}

async function untilReady(container: string, sshPort: number): Promise<void> {
  const end = Date.now() + STARTED_WITHIN
  while (Date.now() < end) {
    if ((await greets(sshPort)) && (await run(['docker', 'exec', container, 'docker', 'info'])).code === 0) return
    await sleep(100)
  }
  const log = await run(['docker', 'exec', container, 'tail', '-n', '15', '/var/log/dockerd.log'])
  throw new Error(`${container} was not ready within ${STARTED_WITHIN / 1000} s. Its engine says:\n${log.stdout}`)
}

/** Whether an SSH server says its name; the engine's proxy alone accepts connections even when nothing listens behind it. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1000 })
    const end = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', end(true)).once('error', end(false)).once('timeout', end(false)).once('close', end(false))
  })
}
