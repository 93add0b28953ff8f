import type { HostFacts } from '../stack/host-facts.ts'

/** Docker Engine 20.10 speaks the oldest API that Compose 2.20 is made for (1.41), and knows cgroups of version 2. */
const OLDEST_ENGINE = [20, 10] as const
const OLDEST_COMPOSE = [2, 20] as const

export function engineProblems(facts: HostFacts): readonly string[] {
  const { docker, engine, unanswered } = facts
  if (docker === undefined)
    return [
      'Docker is not installed; install Docker Engine with the Compose plugin: https://docs.docker.com/engine/install/',
    ]
  if (engine === undefined) return [unreachable(facts)]
  if (!engine.platform.startsWith('linux/'))
    return [`the Docker engine runs ${engine.platform} containers; switch it to Linux containers`]
  // What it did not list is not nothing: a plan made on it would forget containers.
  if (unanswered.length > 0)
    return [
      `the Docker engine answers, but not to ${unanswered.join(', ')} within 10 s; see its log (journalctl -u docker), and run the job again`,
    ]
  return isOlder(engine.version, OLDEST_ENGINE)
    ? [
        `the Docker engine is ${engine.version}; ${OLDEST_ENGINE.join('.')} is the oldest that is supported: ` +
          'upgrade it (https://docs.docker.com/engine/install/)',
      ]
    : []
}

export function composeProblems({ docker, compose, oldCompose }: HostFacts): readonly string[] {
  if (docker === undefined) return []
  if (compose === undefined) {
    const old = oldCompose === undefined ? '' : ` (${oldCompose} is another program, and no longer maintained)`
    return [
      `\`docker compose\` is missing${old}; install the Compose plugin, version ${OLDEST_COMPOSE.join('.')} or newer: ` +
        'https://docs.docker.com/compose/install/linux/',
    ]
  }
  return isOlder(compose, OLDEST_COMPOSE)
    ? [`Docker Compose is ${compose}; ${OLDEST_COMPOSE.join('.')} is the oldest that is supported: upgrade the plugin`]
    : []
}

export function engineWarnings({ docker, dockerHost, user }: HostFacts): readonly string[] {
  return [
    ...(docker?.startsWith('/snap/') === true
      ? [
          `Docker comes from a snap (${docker}), which sees only some folders of the host: mounts from others are empty there. ` +
            'Install Docker Engine from its own packages instead',
        ]
      : []),
    ...(dockerHost === undefined
      ? []
      : [
          `the engine is found by DOCKER_HOST (${dockerHost}), which the minute job of cron does not have, so that nothing is ` +
            `recovered by itself; make a context of it: docker context create deploy --docker host=${dockerHost} && ` +
            `docker context use deploy, and take the variable from ${user}`,
        ]),
  ]
}

/** The cause comes from what the socket is, not from the client's words, which change. */
function unreachable({ user, noEngine }: HostFacts): string {
  const { endpoint, socket, sudo, other, error } = noEngine
  if (other !== undefined) return reachableElsewhere(other, endpoint)
  const path = endpoint.replace('unix://', '')
  switch (socket) {
    case 'denied':
      return (
        `${user} may not use the Docker engine: it can't write to ${path}; run once on the host: ` +
        `sudo usermod --append --groups docker ${user}` +
        (sudo ? '. `sudo docker` works for this user, but nobody types sudo in a deploy: it is not used' : '')
      )
    case 'silent':
      return `the Docker engine does not run: nobody answers at ${path} (${error}); start it: sudo systemctl start docker`
    case 'hangs':
      return `the Docker engine hangs: it took the request at ${path} and did not answer within 10 s; see its log (journalctl -u docker), and restart it: sudo systemctl restart docker`
    case 'missing':
      return `the Docker engine does not run: there is no ${path}; start it: sudo systemctl enable --now docker`
    case undefined:
      return `the Docker engine${endpoint === '' ? '' : ` at ${endpoint}`} can't be reached: ${error}; see DOCKER_HOST and \`docker context ls\` of ${user}`
  }
}

function reachableElsewhere(other: string, endpoint: string): string {
  const rootless = other !== 'unix:///var/run/docker.sock'
  return (
    `no Docker engine answers at ${endpoint}, where \`docker\` looks, but ${rootless ? 'a rootless one' : 'one'} does at ${other}; ` +
    (rootless
      ? `make it the default: docker context create rootless --docker host=${other} && docker context use rootless ` +
        '(and let it run without a login: sudo loginctl enable-linger $USER)'
      : 'make it the default: docker context use default, and take DOCKER_HOST out of the start-up files')
  )
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, ownMajor = '0', ownMinor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? []
  return Number(ownMajor) < major || (Number(ownMajor) === major && Number(ownMinor) < minor)
}
