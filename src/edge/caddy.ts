import { type EdgeFiles, type Proxy, SEEN_AT, variable, WRITTEN } from './proxy.ts'
import { otherSlot, slotAddress, type Slot, type Slots, type WebAddress } from './slots.ts'

const FOLDER = '/etc/caddy/estiba'

/** Caddy 2.6 and newer. https://caddyserver.com/docs/caddyfile */
export const CADDY: Proxy = { name: 'Caddy', folder: FOLDER, files: caddyFiles, namedServices, problems }

/**
 * A snippet for each service, which a site of the team's own Caddyfile imports in place of its `reverse_proxy`. The state is
 * looked up once more by each matcher; in this order, what a request meets in the midst of a switch is one that serves.
 */
function caddyFiles(slots: Slots): EdgeFiles {
  const snippets = Object.entries(slots.web).map(([name, address]) =>
    block(`(estiba_${variable(name)})`, [
      block('route', [
        ...inTrial(slots, address, 'b'),
        ...inTrial(slots, address, 'a'),
        ...matcher('b', ['b']),
        ...proxy('@estiba_b', of(slots, address, 'b')),
        ...proxy('', of(slots, address, 'a')),
      ]),
    ]),
  )
  const seen = ['b-trial', 'a-trial', 'b'].flatMap((state) => [
    ...matcher(state, [state]),
    `respond @estiba_${state} ${state}`,
  ])
  const status = block(`http://${SEEN_AT}`, ['bind 127.0.0.1', block('route', [...seen, 'respond a'])])
  return { 'caddy.conf': `${[WRITTEN, ...snippets, status].join('\n')}\n` }
}

/**
 * The slot before answers where the new one takes no connection; a request that changes something is never sent again. In
 * the order of a list the first that can be reached gets all requests, so each replica is first in one: by the port that a
 * visitor comes from, of which Linux prefers the even ones.
 */
function inTrial(slots: Slots, address: WebAddress, slot: Slot): readonly string[] {
  const fresh = of(slots, address, slot)
  const before = of(slots, address, otherSlot(slot))
  const state = `${slot}-trial`
  const options = [`lb_policy first`, `lb_retries ${fresh.length + before.length - 1}`, 'fail_duration 2s']
  return fresh.flatMap((_, place) => {
    const isLast = place === fresh.length - 1
    const turn = isLast ? [] : [`expression int({http.request.remote.port})/2%${fresh.length}==${place}`]
    const name = isLast ? state : `${state}-${place}`
    const upstreams = [...fresh.slice(place), ...fresh.slice(0, place), ...before]
    return [...matcher(name, [state], turn), ...proxy(`@estiba_${name}`, upstreams, options)]
  })
}

function matcher(name: string, files: readonly string[], more: readonly string[] = []): readonly string[] {
  const file = block('file', [`root ${FOLDER}/live`, `try_files ${files.join(' ')}`])
  return [block(`@estiba_${name}`, [file, ...more])]
}

function proxy(when: string, upstreams: readonly string[], options: readonly string[] = balanced(upstreams)): string[] {
  return [block(['reverse_proxy', when, ...upstreams].filter(Boolean).join(' '), [...options, SOON_CLOSED])]
}

/** As nginx does by itself: in turn, and another one where one can't be reached. */
function balanced(upstreams: readonly string[]): readonly string[] {
  if (upstreams.length === 1) return []
  return ['lb_policy round_robin', `lb_retries ${upstreams.length - 1}`, 'fail_duration 2s']
}

/** A connection that nobody uses is no visitor's, and a drain counts connections. */
const SOON_CLOSED = block('transport http', ['dial_timeout 2s', 'keepalive 1s'])

function of(slots: Slots, { hosts, port }: WebAddress, slot: Slot): readonly string[] {
  return hosts.map((host) => `${slotAddress(slots, slot, host)}:${port}`)
}

function block(head: string, lines: readonly string[]): string {
  return [`${head} {`, ...lines.flatMap((line) => line.split('\n')).map((line) => `\t${line}`), '}'].join('\n')
}

function namedServices(text: string, services: readonly string[]): readonly string[] {
  const named = imports(text)
  return services.filter((name) => named.includes(variable(name)))
}

function problems(text: string, services: readonly string[]): readonly string[] {
  const known = services.map(variable)
  const unknown = [...new Set(imports(text))].filter((name) => !known.includes(name))
  return [
    ...(new RegExp(`^\\s*import\\s+${FOLDER}/(caddy\\.conf|\\*)`, 'm').test(uncommented(text))
      ? []
      : [
          `it does not import ${FOLDER}/caddy.conf; write \`import ${FOLDER}/caddy.conf\` above the sites, below the global options`,
        ]),
    ...unknown.map(
      (name) => `\`import estiba_${name}\` names no service of the compose file; there are: ${services.join(', ')}`,
    ),
  ]
}

/** The names behind `import estiba_`. */
function imports(text: string): readonly string[] {
  return [...uncommented(text).matchAll(/^\s*import\s+estiba_(\w+)/gm)].map(([, name = '']) => name)
}

function uncommented(text: string): string {
  return text.replaceAll(/(^|\s)#.*$/gm, '$1')
}
