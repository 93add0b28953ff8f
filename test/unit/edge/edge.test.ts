import { describe, expect, test } from 'vitest'
import type { Kind } from '../../../src/compose/kinds.ts'
import type { ComposeModel, Service } from '../../../src/compose/model.ts'
import { chooseEdge, type EdgeChoice } from '../../../src/edge/edge.ts'
import { CADDY } from '../../../src/edge/caddy.ts'
import { NGINX } from '../../../src/edge/nginx.ts'

const nginx: Service = {
  image: 'nginx:1.28',
  volumes: [{ type: 'bind', source: '/srv/shop/edge', target: NGINX.folder }],
}
const configuration = `include ${NGINX.folder}/nginx.conf; server { include ${NGINX.folder}/server.conf; proxy_pass http://$estiba_web; }`

function choose(
  change: Readonly<Record<string, Service>> = {},
  text = configuration,
  networks: ComposeModel['networks'] = {},
): EdgeChoice {
  const services: Record<string, Service> = {
    nginx,
    web: { expose: ['3000'], depends_on: { api: {}, worker: {}, db: {} } },
    api: { expose: ['8000'], deploy: { replicas: 2 } },
    worker: {},
    db: { image: 'postgres:15' },
    ...change,
  }
  const kindOf = (name: string): Kind =>
    name === 'nginx'
      ? 'edge'
      : name === 'db'
        ? 'data'
        : services[name]?.labels?.['estiba.kind'] === 'web'
          ? 'web'
          : 'worker'
  return chooseEdge(
    { name: 'shop', services, networks },
    new Map(Object.keys(services).map((name) => [name, kindOf(name)])),
    { nginx: text },
  )
}

const app = { networks: { app: null } }
/** All of them in one network that is not the default one. */
const everywhere: Readonly<Record<string, Service>> = {
  nginx: { ...nginx, ...app },
  web: { expose: ['3000'], ...app },
  api: { expose: ['8000'], ...app },
  worker: app,
  db: { image: 'postgres:15', ...app },
}

describe('slots', () => {
  test('for what the edge names, and what those depend on by a port', () => {
    expect(choose()).toEqual({
      kind: 'slots',
      edges: [{ name: 'nginx', proxy: NGINX }],
      because: new Map([
        ['web', 'the edge passes requests to it'],
        ['api', 'web depends on it, and it exposes a port'],
      ]),
      web: new Map([
        ['web', { port: 3000, replicas: 1 }],
        ['api', { port: 8000, replicas: 2 }],
      ]),
    })
  })

  test('behind Caddy, by what its Caddyfile imports', () => {
    const caddy = { volumes: [{ type: 'bind', source: '/srv/shop/edge', target: CADDY.folder }] }
    const caddyfile = `import ${CADDY.folder}/caddy.conf\nexample.com {\n\timport estiba_api\n}`
    expect(choose({ nginx: caddy }, caddyfile)).toMatchObject({
      kind: 'slots',
      edges: [{ name: 'nginx', proxy: CADDY }],
      because: new Map([['api', 'the edge passes requests to it']]),
    })
  })

  test('by labels alone, where the configuration is not in the repository', () => {
    const web: Service = { labels: { 'estiba.kind': 'web', 'estiba.port': '80' } }
    expect(choose({ web }, '')).toMatchObject({ web: new Map([['web', { port: 80, replicas: 1 }]]) })
  })
})

const noFolder =
  'no edge of the stack mounts a folder as /etc/nginx/estiba, /etc/caddy/estiba, /etc/haproxy/estiba, or /etc/traefik/estiba (docs/recipes.md)'

test.each<[string, Readonly<Record<string, Service>>, string]>([
  ['no edge with the folder', { nginx: { image: 'nginx:1.28' } }, noFolder],
  [
    'a web service that may not run twice',
    { web: { expose: ['3000'], deploy: { update_config: { order: 'stop-first' } } } },
    'services.web is not to run twice (deploy.update_config.order: stop-first)',
  ],
  [
    'a web service publishes a port',
    { web: { expose: ['3000'], ports: ['80:80'] } },
    "services.web publishes a port of the host, which old and new can't have both; let the edge pass requests to it",
  ],
  [
    'a network that somebody else is not in',
    { worker: { networks: { back: null } } },
    'services.nginx and services.worker share no network, and would in a slot',
  ],
  [
    'an address of its own',
    { worker: { networks: { default: { ipv4_address: '10.0.0.2' } } } },
    'services.worker has an address of its own in the network default (ipv4_address)',
  ],
  [
    'other names of a store',
    { db: { image: 'postgres:15', networks: { default: { aliases: ['pg'] } } } },
    'services.db has other names in the network default: pg',
  ],
  [
    'other names of replicas',
    { worker: { networks: { default: { aliases: ['w'] } }, deploy: { replicas: 2 } } },
    'services.worker has other names in the network default: w',
  ],
  ['a network mode', { worker: { network_mode: 'host' } }, 'services.worker has a network_mode'],
])('in turns: %s', (_, change, because) => {
  expect(choose(change)).toEqual({ kind: 'plain', because })
})

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  ['of others', { external: true }, 'services.web is in the network app, which others have, too'],
  ['without a way out', { internal: true }, 'services.web is in app, which is cut off from outside (internal)'],
])('in turns: a network %s', (_, network, because) => {
  expect(choose(everywhere, configuration, { app: network })).toEqual({ kind: 'plain', because })
})

test('in slots: one network of their own, and the names in it', () => {
  const worker = { networks: { app: { aliases: ['jobs'] } } }
  expect(choose({ ...everywhere, worker }, configuration, { app: {} })).toMatchObject({ kind: 'slots' })
})

test('in turns: nothing is named', () => {
  expect(choose({}, '')).toEqual({
    kind: 'plain',
    because: "the edge's configuration passes requests to none of the services (docs/recipes.md)",
  })
})

test.each<[string, Service]>([
  ['no port', {}],
  ['two ports', { expose: ['3000', '3001'] }],
  ['a port that is none', { expose: ['http'] }],
])('refused: %s', (_, web) => {
  expect(() => choose({ web })).toThrow(
    "services.web: the edge passes requests to it, but its port is not known; write `expose: ['8080']` with the one port",
  )
})

test('refused: a configuration that would defeat the switch', () => {
  expect(() => choose({}, 'server { proxy_pass http://$estiba_web; }')).toThrow(
    'the configuration of nginx (services.nginx): it does not include /etc/nginx/estiba/nginx.conf',
  )
})
