import type { ComposeModel } from '../compose/model.ts'
import { ASK_HEADER, ASKED_AT, markerOf, type Place, type Proxy, SEEN_AT, seenFor, WRITTEN } from './proxy.ts'
import { otherSlot, slotAddress, type Slot, type Slots, SLOTS, type WebAddress } from './slots.ts'

const FOLDER = '/etc/haproxy/estiba'
const LUA = `${FOLDER}/estiba.lua`
const CONFIGURATION = `${FOLDER}/haproxy.cfg`

/** HAProxy 2.4 and newer, built with Lua as the official images and Debian's package are. */
export const HAPROXY: Proxy = {
  name: 'HAProxy',
  folder: FOLDER,
  files: haproxyFiles,
  namedServices,
  problems,
  problemsIn,
  advice,
  letsAsk: true,
}

/**
 * A fetch `lua.estiba(SERVICE)` that names the backend to use, and the backends. What the team's own `defaults` say holds in
 * them, but for what would end a visitor's request: all of that is said again.
 * https://docs.haproxy.org/3.0/configuration.html
 */
function haproxyFiles(slots: Slots, { isRolling }: Place): Readonly<Record<string, string>> {
  const services = Object.entries(slots.web)
  const backends = services.flatMap(([name, address]) =>
    SLOTS.flatMap((slot) => [
      section(`backend estiba_${name}_${slot}`, [...HOW, ...alone(slots, address, slot)]),
      section(`backend estiba_${name}_${slot}-asked`, [...HOW, SAY_TOKEN, ...alone(slots, address, slot)]),
      ...address.hosts.map((_, place) =>
        section(`backend estiba_${name}_${slot}-trial-${place + 1}`, [...HOW, ...inTrial(slots, address, slot, place)]),
      ),
    ]),
  )
  return {
    'haproxy.cfg': `${[WRITTEN, ...backends, seen(isRolling ? services.map(([name]) => name) : [])].join('\n\n')}\n`,
    'estiba.lua': lua(
      services.map(([name, { hosts }]) => `["${name}"] = ${hosts.length}`),
      isRolling ? ONE_BY_ONE : '',
    ),
  }
}

/**
 * Only what was never sent is tried again, each time with another server. A connection ends with the answer: one that the
 * service closes at the wrong moment is a failed request, and a drain counts connections.
 */
const HOW = ['mode http', 'option http-server-close', 'option redispatch 1', 'retries 3', 'retry-on conn-failure']

/** The Lua fetch leads nobody there who has no token. */
const SAY_TOKEN = `http-request return status 200 content-type text/plain lf-string "%[req.hdr(${ASK_HEADER})]\\n" if { path ${ASKED_AT} }`

/**
 * Of several replicas those that take connections. A check lags behind, and the slot was empty before the switch: where it finds
 * nobody, it is not believed.
 */
function alone(slots: Slots, { hosts, port }: WebAddress, slot: Slot): readonly string[] {
  const address = (host: number): string => `${slotAddress(slots, slot, host)}:${port}`
  if (hosts.length === 1) return hosts.map((host) => `server 1 ${address(host)} no-check`)
  return [
    'balance roundrobin',
    'option allbackups',
    ...hosts.map((host, place) => `server ${place + 1} ${address(host)} check inter 1s fall 1 rise 1`),
    ...hosts.map((host, place) => `server ${place + 1}-unchecked ${address(host)} no-check backup`),
  ]
}

/**
 * The new one, and the slot before where it takes no connection. `first` and `redispatch` go back and forth between two, so each
 * replica has a backend of its own; that of the slot before is one that has always been there.
 */
function inTrial(slots: Slots, { hosts, port }: WebAddress, slot: Slot, place: number): readonly string[] {
  const server = (name: string, of: Slot, host: number | undefined): readonly string[] =>
    host === undefined ? [] : [`server ${name} ${slotAddress(slots, of, host)}:${port} no-check`]
  const before = server('before', otherSlot(slot), hosts[0])
  return ['balance first', 'timeout connect 1s', ...server('new', slot, hosts[place]), ...before]
}

function seen(alone: readonly string[]): string {
  const answer = (what: string): string =>
    `http-request return status 200 content-type text/plain lf-string "${what}\\n"`
  return section('frontend estiba', [
    'mode http',
    `bind ${SEEN_AT}`,
    'timeout client 5s',
    'http-request set-log-level silent',
    `${answer('%pid')} if { path /worker }`,
    ...alone.map((name) => `${answer(`%[lua.estiba(${name})]`)} if { path ${seenFor(name)} }`),
    answer('%[lua.estiba_state]'),
  ])
}

/** Where a file can't be opened for another reason than that it is not there, what was known before holds. */
function lua(replicas: readonly string[], alone: string): string {
  return `${WRITTEN.replace('#', '--')}
local replicas = { ${replicas.join(', ')} }
local known = "a"
${alone && 'local moved = {}\n'}
-- Nil where that can't be told.
local function has(name)
  local file, _, code = io.open("${FOLDER}/live/" .. name)
  if file then file:close() end
  if file then return true end
  if code == 2 then return false end
end

local function state()
  local b, trial = has("b"), has("trial")
  if b ~= nil and trial ~= nil then known = (b and "b" or "a") .. (trial and "-trial" or "") end
  return known
end

core.register_fetches("estiba_state", function() return state() end)

local function asked(transaction)
  local token = transaction.sf:req_fhdr("${ASK_HEADER}") or ""
  if not token:find("^%x+$") then return end
  for _, slot in ipairs({ "a", "b" }) do
    local file = io.open("${FOLDER}/asked/" .. token .. "." .. slot)
    if file then file:close() return slot end
  end
end

core.register_fetches("estiba", function(transaction, service)
  local slot = asked(transaction)
  if slot then return "estiba_" .. service .. "_" .. slot .. "-asked" end
  local now = state()
${alone}  if now == "a" or now == "b" then return "estiba_" .. service .. "_" .. now end
  return "estiba_" .. service .. "_" .. now .. "-" .. math.random(replicas[service] or 1)
end)
`
}

/** A service may be led to b while the others are not. */
const ONE_BY_ONE = `  local b = has("${markerOf('" .. service .. "')}")
  if b ~= nil then moved[service] = b end
  if now == "a" and moved[service] then now = "b" end
`

function section(head: string, lines: readonly string[]): string {
  return [head, ...lines.map((line) => `    ${line}`)].join('\n')
}

function namedServices(text: string, services: readonly string[]): readonly string[] {
  const named = names(text)
  return services.filter((service) => named.includes(service))
}

function problems(text: string, services: readonly string[]): readonly string[] {
  const own = uncommented(text)
  const byDefault = /^[ \t]*default_backend[ \t]+(%\[lua\.estiba\([^)\n]*\)\])/m.exec(own)?.[1]
  return [
    ...(new RegExp(`^\\s*lua-load(-per-thread)?\\s+${LUA}`, 'm').test(own)
      ? []
      : [`it does not load ${LUA}; write \`lua-load-per-thread ${LUA}\` in the global section`]),
    ...names(text).flatMap((name) =>
      services.includes(name)
        ? []
        : [`\`lua.estiba(${name})\` names no service of the compose file; there are: ${services.join(', ')}`],
    ),
    ...(byDefault === undefined
      ? []
      : [`\`default_backend\` takes a fixed name; write \`use_backend ${byDefault}\` as the last of the rules`]),
    ...(/^\s*chroot\s/m.test(own)
      ? ['`chroot` hides the switch from it; leave the line out: its container keeps it apart already']
      : []),
  ]
}

/** Nobody sees what an image of the team's own starts; the official one loads a single file. */
function problemsIn({ services }: ComposeModel, edge: string): readonly string[] {
  const { image = '', entrypoint, command } = services[edge] ?? {}
  const words = [...(entrypoint ?? []), ...(command ?? [])]
  const isKnown = words.length > 0 || /(^|\/)haproxy(:[^/]*)?$/.test(image)
  if (!isKnown || words.some((word) => word.includes(CONFIGURATION))) return []
  return [
    `it is not started with ${CONFIGURATION}; write \`command: ['haproxy', '-f', '/usr/local/etc/haproxy/haproxy.cfg', ` +
      `'-f', '${CONFIGURATION}']\``,
  ]
}

/** Without it a worker that ends closes what a visitor may have sent a request on in that instant. */
function advice(text: string): readonly string[] {
  if (/^[ \t]*option[ \t]+idle-close-on-response\b/m.test(uncommented(text))) return []
  return [
    'when it loads another configuration, a visitor with a kept connection may miss an answer; write `option idle-close-on-response` in defaults',
  ]
}

/** The services that `lua.estiba(…)` is asked for. */
function names(text: string): readonly string[] {
  const found = uncommented(text).matchAll(/\blua\.estiba\(\s*([^)\s]*)\s*\)/g)
  return [...new Set([...found].map(([, name = '']) => name))]
}

function uncommented(text: string): string {
  return text.replaceAll(/(^|\s)#.*$/gm, '$1')
}
