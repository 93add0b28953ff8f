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
import { otherSlot, slotAddress, type Slot, type Slots, SLOTS } from './slots.ts'

const FOLDER = '/etc/nginx/estiba'

/** A stock nginx. */
export const NGINX: Proxy = {
  name: 'nginx',
  folder: FOLDER,
  files: nginxFiles,
  namedServices,
  problems,
  advice,
  letsAsk: true,
}

/**
 * What the team's own configuration includes: `nginx.conf` in its http block, `server.conf` in each server. Addresses are
 * fixed, so nothing is looked up and nothing is reloaded when the slots change. In a trial the slot before answers where the
 * new one takes no connection; a request that was sent is never sent again.
 * https://nginx.org/en/docs/http/ngx_http_upstream_module.html
 */
function nginxFiles(slots: Slots, place: Place): Readonly<Record<string, string>> {
  const { stack, folder, isShared, isRolling } = place
  const services = Object.entries(slots.web)
  const upstream = (name: string): string =>
    ['estiba', ...(isShared ? [stack] : []), name].map((part) => variable(part)).join('_')
  const upstreams = services.flatMap(([name, { hosts, port }]) => {
    const servers = (slot: Slot, more: string): string =>
      hosts.map((host) => `server ${slotAddress(slots, slot, host)}:${port}${more};`).join(' ')
    return SLOTS.flatMap((slot) => [
      `upstream ${upstream(name)}_${slot} { ${servers(slot, '')} ${SOON_CLOSED} }`,
      `upstream ${upstream(name)}_${slot}-trial { ${servers(slot, ' max_fails=1 fail_timeout=2s')} ` +
        `${servers(otherSlot(slot), ' max_fails=0 backup')} ${SOON_CLOSED} }`,
    ])
  })
  const alone = isRolling ? services.map(([name]) => name) : []
  const seen = alone.map((name) => `location = ${seenFor(name)} { return 200 "$estiba_${variable(name)}\\n"; } `)
  return {
    'nginx.conf': `${[
      WRITTEN,
      ...upstreams,
      `server { listen ${SEEN_AT}; server_name ${seenAs(place)}; access_log off; include ${folder}/server.conf; ` +
        `${seen.join('')}location / { default_type text/plain; return 200 "$estiba_slot\\n"; } }`,
    ].join('\n')}\n`,
    'server.conf': `${[
      WRITTEN,
      'set $estiba_slot a;',
      `if (-f ${folder}/live/b) { set $estiba_slot b; }`,
      `if (-f ${folder}/live/trial) { set $estiba_slot $estiba_slot-trial; }`,
      ...asking(folder),
      ...services.map(([name]) => `set $estiba_${variable(name)} ${upstream(name)}_$estiba_slot;`),
      ...alone.map(
        (name) => `if (-f ${folder}/live/${markerOf(name)}) { set $estiba_${variable(name)} ${upstream(name)}_b; }`,
      ),
    ].join('\n')}\n`,
  }
}

/** A request with the token of a transaction goes to the slot that it may ask, and to no other. */
function asking(folder: string): readonly string[] {
  const header = `$http_${variable(ASK_HEADER).toLowerCase()}`
  return [
    'set $asks_estiba none;',
    `if (${header} ~ "${TOKEN}") { set $asks_estiba ${header}; }`,
    'set $asked_of_estiba "";',
    ...SLOTS.map(
      (slot) => `if (-f ${folder}/asked/$asks_estiba.${slot}) { set $estiba_slot ${slot}; set $asked_of_estiba $uri; }`,
    ),
    `if ($asked_of_estiba = ${ASKED_AT}) { return 200 "$asks_estiba\\n"; }`,
  ]
}

/**
 * A connection that nobody uses is no visitor's, and a drain counts connections. Since 1.29.7 nginx keeps them unless told
 * otherwise, and before that `keepalive 0` is an error.
 */
const SOON_CLOSED = 'keepalive_timeout 1s;'

/** Those whose variable it has. */
function namedServices(text: string, services: readonly string[]): readonly string[] {
  return services.filter((name) => new RegExp(`\\$\\{?estiba_${variable(name)}\\b`).test(uncommented(text)))
}

function problems(text: string, services: readonly string[]): readonly string[] {
  const own = uncommented(text)
  const known = new Set(['slot', ...services.map(variable)])
  const named = [...own.matchAll(/\$\{?estiba_(\w+)/g)].map(([, name = '']) => name)
  const unknown = [...new Set(named)].filter((name) => !known.has(name))
  const paths = [...own.matchAll(/proxy_pass\s+https?:\/\/\$\{?(estiba_\w+)\}?(?::\d+)?(\/[^;\s]*)/g)]
  const ports = [...own.matchAll(/proxy_pass\s+https?:\/\/\$\{?(estiba_\w+)\}?(:\d+)/g)]
  return [
    ...['nginx.conf', 'server.conf'].flatMap((file) =>
      new RegExp(`include\\s+${FOLDER}/(${file}|\\*)`).test(own)
        ? []
        : [
            `it does not include ${FOLDER}/${file}; write \`include ${FOLDER}/${file};\` ` +
              (file === 'nginx.conf' ? 'outside of every server block' : 'in each server block'),
          ],
    ),
    ...unknown.map((name) => `$estiba_${name} is no service of the compose file; there are: ${services.join(', ')}`),
    ...paths.map(
      ([line, name = '', path = '']) =>
        `\`${line}\`: with a variable nginx sends "${path}" in place of every path; write \`proxy_pass http://$${name};\`` +
        ' and cut a prefix off with `rewrite ^/prefix(/.*)$ $1 break;`',
    ),
    ...ports.map(
      ([line, name = '']) => `\`${line}\`: the port is part of the variable; write \`proxy_pass http://$${name};\``,
    ),
    ...(/open_file_cache\s+(?!off)/.test(own)
      ? [
          '`open_file_cache` hides the switch for as long as it remembers; write `open_file_cache off;` in the server block',
        ]
      : []),
  ]
}

/** https://nginx.org/en/docs/http/websocket.html */
function advice(text: string): readonly string[] {
  if (/proxy_set_header\s+Upgrade\b/i.test(uncommented(text))) return []
  return [
    'it hands no Upgrade header on, so a WebSocket ends at it; where the application has some, write `proxy_http_version 1.1; ' +
      'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";` in their location',
  ]
}

function uncommented(text: string): string {
  return text.replaceAll(/(^|[\s;{}])#.*$/gm, '$1')
}
