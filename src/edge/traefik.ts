import type { ComposeModel, Service } from '../compose/model.ts'
import { type Proxy, SEEN_AT, WRITTEN } from './proxy.ts'
import { otherSlot, slotAddress, type Slot, type Slots, SLOTS, type WebAddress } from './slots.ts'

const FOLDER = '/etc/traefik/estiba'

/** Traefik 3.6 and newer, with its file provider. https://doc.traefik.io/traefik/reference/install-configuration/providers/others/file/ */
export const TRAEFIK: Proxy = {
  name: 'Traefik',
  folder: FOLDER,
  files: traefikFiles,
  textIn,
  namedServices,
  problems,
  problemsIn,
  advice,
  readsOwnAtStart: true,
  leadsAllAlike: true,
}

/**
 * Traefik looks at no file for each request: it loads another configuration when something in the folder changes, and that is
 * the rename of `live`. So there is one for each folder that it can lead to; on the host a link in each (`slots/a/traefik`)
 * leads there, and `traefik.yml` to that of `live`.
 */
function traefikFiles(slots: Slots): Readonly<Record<string, string>> {
  const services = Object.entries(slots.web)
  const most = Math.max(1, ...services.map(([, { hosts }]) => hosts.length))
  return Object.fromEntries(
    SLOTS.flatMap((slot) => {
      const alone = services.map(([name, address]) => service(name, servers(slots, address, slot, '')))
      const trial = services.map(([name, address]) => service(name, inTrial(slots, address, slot)))
      return [
        [`traefik-${slot}.conf`, whole(slot, most, alone)],
        [`traefik-${slot}-trial.conf`, whole(`${slot}-trial`, most, trial)],
      ]
    }),
  )
}

/**
 * `estiba@file` tries again what reached no server, and only that. A connection ends with the answer, for a drain counts
 * connections. Where it leads to is answered by a redirect, the one thing that Traefik says by itself.
 */
function whole(state: string, most: number, services: readonly string[]): string {
  return `${WRITTEN}
http:
  routers:
    estiba:
      entryPoints: [estiba]
      rule: PathPrefix(\`/\`)
      middlewares: [estiba_seen]
      service: noop@internal
  middlewares:
    estiba:
      retry:
        attempts: ${2 * most + 1}
    estiba_seen:
      redirectRegex:
        regex: .*
        replacement: /${state}
  serversTransports:
    estiba:
      maxIdleConnsPerHost: -1
      forwardingTimeouts:
        dialTimeout: 1s
  services:
${services.join('')}`
}

function service(name: string, more: readonly string[]): string {
  const lines = ['loadBalancer:', '  serversTransport: estiba', ...more.map((line) => `  ${line}`)]
  return [`    estiba_${name}:`, ...lines.map((line) => `      ${line}`), ''].join('\n')
}

function servers(slots: Slots, { hosts, port }: WebAddress, slot: Slot, weight: string): readonly string[] {
  const each = hosts.flatMap((host) => [`  - url: http://${slotAddress(slots, slot, host)}:${port}`, weight])
  return ['servers:', ...each.filter(Boolean)]
}

/**
 * The slot before is tried where the new one took no connection: one that fails is passed over for as long as trying again
 * takes. (`failover` would tell, but by asking a path that every application answers; or repeats what was sent.) By weight it has
 * none of the first 10,000 requests; what has more makes Traefik count longer for each that goes there.
 */
function inTrial(slots: Slots, address: WebAddress, slot: Slot): readonly string[] {
  return [
    ...servers(slots, address, slot, '    weight: 10000'),
    ...servers(slots, { ...address, hosts: address.hosts.slice(0, 1) }, otherSlot(slot), '').slice(1),
    'passiveHealthCheck:',
    '  failureWindow: 2ms',
    '  maxFailedAttempts: 1',
  ]
}

/** Most of what is told to Traefik stands in the compose file. */
function textIn({ command, entrypoint, labels = {} }: Service): string {
  return [...(entrypoint ?? []), ...(command ?? []), ...Object.entries(labels).map((label) => label.join('='))].join(
    '\n',
  )
}

function namedServices(text: string, services: readonly string[]): readonly string[] {
  const named = names(text)
  return services.filter((name) => named.includes(name))
}

function problems(text: string, services: readonly string[]): readonly string[] {
  const unknown = names(text).filter((name) => !services.includes(name))
  const own = uncommented(text)
  const needed = /entrypoints|providers/i.test(own) ? STATIC.filter(({ sign }) => !sign.test(own)) : []
  return [
    ...needed.map(({ lacks, write }) => `${lacks}; write \`${write}\` in its command, or the same in its own file`),
    ...(/\bwatch["']?\s*[:=]\s*["']?false/i.test(own)
      ? ['`watch` hides the switch from it; leave it out, or write `true`']
      : []),
    ...unknown.map(
      (name) => `estiba_${name}@file is no service of the compose file; there are: ${services.join(', ')}`,
    ),
  ]
}

/** Of what Traefik reads at its start alone. */
const STATIC = [
  {
    sign: /\bdirectory["']?\s*[:=]\s*["']?\/etc\/traefik\/estiba\/?["']?\s*$/im,
    lacks: `it does not look at ${FOLDER}`,
    write: `--providers.file.directory=${FOLDER}`,
  },
  {
    sign: new RegExp(`\\b${SEEN_AT.replaceAll('.', '\\.')}\\b`),
    lacks: 'it has no entry point at which it says where it leads to',
    write: `--entrypoints.estiba.address=${SEEN_AT}`,
  },
  {
    sign: /\bestiba@file\b/,
    lacks: 'a request that reached no server fails',
    write: '--entrypoints.web.http.middlewares=estiba@file',
  },
] as const

/** Old and new run beside each other, and Traefik drops a router that two containers define differently. */
function problemsIn({ services }: ComposeModel, edge: string, apps: readonly string[]): readonly string[] {
  return apps.flatMap((name) => {
    const label = Object.keys(services[name]?.labels ?? {}).find((each) =>
      /^traefik\.\w+\.(routers|middlewares)\./.test(each),
    )
    if (label === undefined) return []
    return [
      `services.${name} has the label ${label}, and so would its old and its new container, of which Traefik takes neither where they ` +
        `differ; write its routers and middlewares as labels of services.${edge}, with \`service=estiba_${name}@file\``,
    ]
  })
}

function advice(text: string): readonly string[] {
  if (/providersThrottleDuration/i.test(uncommented(text))) return []
  return ['it follows a switch within two seconds; write `--providers.providersthrottleduration=100ms` for sooner']
}

/** The services that are asked for as `estiba_NAME@file`. */
function names(text: string): readonly string[] {
  return [...new Set([...uncommented(text).matchAll(/\bestiba_([A-Za-z0-9._-]+)@file/g)].map(([, name = '']) => name))]
}

function uncommented(text: string): string {
  return text.replaceAll(/(^|\s)#.*$/gm, '$1')
}
