import {
  ASK_HEADER,
  ASKED_AT,
  markerOf,
  type Place,
  type Proxy,
  SEEN_AT,
  seenAs,
  seenFor,
  TOKEN,
  variable,
  WRITTEN,
} from './proxy.ts'
import { otherSlot, slotAddress, type Slot, type Slots, SLOTS, type WebAddress } from './slots.ts'

const FOLDER = '/etc/caddy/estiba'

/** Caddy 2.6 and newer. https://caddyserver.com/docs/caddyfile */
export const CADDY: Proxy = {
  name: 'Caddy',
  folder: FOLDER,
  files: caddyFiles,
  namedServices,
  problems,
  letsAsk: true,
}

/**
 * A snippet for each service, which a site of the team's own Caddyfile imports in place of its `reverse_proxy`, and which
 * stands in the order of directives where that does: behind a `respond` or an `error`. The state is looked up once more by
 * each matcher; in this order, what a request meets in the midst of a switch is one that serves.
 */
function caddyFiles(slots: Slots, place: Place): Readonly<Record<string, string>> {
  const { stack, folder, isShared, isRolling } = place
  const snippets = Object.entries(slots.web).map(([name, address]) => {
    const prefix = ['estiba', ...(isShared ? [stack] : []), name].map((part) => variable(part)).join('_')
    const snippet = { slots, address, prefix, folder }
    return block(`(${prefix})`, [
      ...SLOTS.flatMap((slot) => asking(snippet, slot)),
      ...inTrial(snippet, 'b'),
      ...inTrial(snippet, 'a'),
      matcher(`${prefix}_b`, isRolling ? `b ${markerOf(name)}` : 'b', folder),
      proxy(`@${prefix}_b`, of(slots, address, 'b')),
      proxy('', of(slots, address, 'a')),
    ])
  })
  const seen = ['b-trial', 'a-trial', 'b'].flatMap((state) => [
    matcher(`estiba_${state}`, state, folder),
    `respond @estiba_${state} ${state}`,
  ])
  const alone = (isRolling ? Object.keys(slots.web) : []).flatMap((name) => [
    matcher(`estiba_at_${variable(name)}`, markerOf(name), folder, [`path ${seenFor(name)}`]),
    `respond @estiba_at_${variable(name)} b`,
  ])
  const [address = '', port = ''] = SEEN_AT.split(':')
  const status = block(`http://${seenAs(place)}:${port}`, [
    `bind ${address}`,
    block('route', [...alone, ...seen, 'respond a']),
  ])
  return { 'caddy.conf': `${[WRITTEN, ...snippets, status].join('\n')}\n` }
}

/** For one service. */
interface Snippet {
  readonly slots: Slots
  readonly address: WebAddress
  readonly prefix: string
  readonly folder: string
}

/** A request with the token of a transaction goes to the slot that it may ask, and to no other. */
function asking({ slots, address, prefix, folder }: Snippet, slot: Slot): readonly string[] {
  const name = `${prefix}_asks-${slot}`
  const token = `{http.request.header.${ASK_HEADER}}`
  const asks = [
    `header_regexp ${ASK_HEADER} ${TOKEN}`,
    block('file', [`root ${folder}/asked`, `try_files ${token}.${slot}`]),
  ]
  return [
    block(`@${name}-at-all`, [`path ${ASKED_AT}`, ...asks]),
    `respond @${name}-at-all ${token}`,
    block(`@${name}`, asks),
    proxy(`@${name}`, of(slots, address, slot)),
  ]
}

/**
 * The slot before answers where the new one takes no connection, and for two seconds from then on. In the order of a list the
 * first that can be reached gets all requests, so each replica is first in one: by the port that a visitor comes from, of which
 * Linux prefers the even ones.
 *
 * A body is lost with the first connection that is refused (https://github.com/caddyserver/caddy/issues/7546), and Caddy takes that for a failure
 * of the next one, too. So what has a body is not tried again: one fails, and those behind it go to the slot before.
 */
function inTrial({ slots, address, prefix, folder }: Snippet, slot: Slot): readonly string[] {
  const fresh = of(slots, address, slot)
  const before = of(slots, address, otherSlot(slot))
  const state = `${slot}-trial`
  return fresh.flatMap((_, place) => {
    const isLast = place === fresh.length - 1
    const turn = isLast ? [] : [`expression int({http.request.remote.port})/2%${fresh.length}==${place}`]
    const name = isLast ? `${prefix}_${state}` : `${prefix}_${state}-${place}`
    const upstreams = [...fresh.slice(place), ...fresh.slice(0, place), ...before]
    return [
      matcher(`${name}-sends`, state, folder, ['method POST PUT PATCH DELETE', ...turn]),
      proxy(`@${name}-sends`, upstreams, FIRST, 0),
      matcher(name, state, folder, turn),
      proxy(`@${name}`, upstreams, FIRST),
    ]
  })
}

const FIRST = ['lb_policy first', 'fail_duration 2s']

function matcher(name: string, state: string, folder: string, more: readonly string[] = []): string {
  return block(`@${name}`, [block('file', [`root ${folder}/live`, `try_files ${state}`]), ...more])
}

function proxy(
  when: string,
  upstreams: readonly string[],
  how: readonly string[] = ['lb_policy round_robin'],
  retries = upstreams.length - 1,
): string {
  const head = ['reverse_proxy', when, ...upstreams].filter(Boolean).join(' ')
  const again = retries === 0 ? [] : [`lb_retries ${retries}`, NEVER_TWICE]
  const several = upstreams.length === 1 ? [] : [...how, ...again]
  return block(head, [...several, SOON_CLOSED])
}

/** By itself Caddy sends a GET again that was sent already; where no connection was made, any request goes on to the next. */
const NEVER_TWICE = block('lb_retry_match', ['method NONE'])

/** A connection that nobody uses is no visitor's, and a drain counts connections. */
const SOON_CLOSED = block('transport http', ['dial_timeout 2s', 'keepalive 1s'])

function of(slots: Slots, { hosts, port }: WebAddress, slot: Slot): readonly string[] {
  return hosts.map((host) => `${slotAddress(slots, slot, host)}:${port}`)
}

function block(head: string, lines: readonly string[]): string {
  return [`${head} {`, ...lines.flatMap((line) => line.split('\n')).map((line) => `\t${line}`), '}'].join('\n')
}

function namedServices(text: string, services: readonly string[]): readonly string[] {
  const named = imports(text).map(({ name }) => name)
  return services.filter((service) => named.includes(variable(service)))
}

function problems(text: string, services: readonly string[]): readonly string[] {
  const known = services.map(variable)
  const own = uncommented(text)
  return [
    ...(new RegExp(`^\\s*import\\s+${FOLDER}/(caddy\\.conf|\\*)`, 'm').test(own)
      ? []
      : [
          `it does not import ${FOLDER}/caddy.conf; write \`import ${FOLDER}/caddy.conf\` above the sites, below the global options`,
        ]),
    ...imports(text).flatMap(({ name, more }) => {
      if (!known.includes(name))
        return [`\`import estiba_${name}\` names no service of the compose file; there are: ${services.join(', ')}`]
      if (more === '') return []
      return [`\`import estiba_${name} ${more}\`: it takes no path; write \`handle ${more} { import estiba_${name} }\``]
    }),
    ...(/^\s*admin\s+off\s*$/m.test(own)
      ? [
          '`admin off` keeps it from loading a new configuration; write `admin localhost:2019`, which only its container reaches',
        ]
      : []),
  ]
}

/** What follows each `import estiba_`: the name, and the rest of the line. */
function imports(text: string): readonly { readonly name: string; readonly more: string }[] {
  const found = [...uncommented(text).matchAll(/^[ \t]*import[ \t]+"?estiba_([^\s"]+)"?[ \t]*([^\n]*?)[ \t}]*$/gm)]
  return found.map(([, name = '', more = '']) => ({ name, more }))
}

function uncommented(text: string): string {
  return text.replaceAll(/(^|\s)#.*$/gm, '$1')
}
