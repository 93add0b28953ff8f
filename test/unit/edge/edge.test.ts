import { describe, expect, test } from 'vitest'
import type { Kind } from '../../../src/compose/kinds.ts'
import type { Service } from '../../../src/compose/model.ts'
import { chooseEdge, type EdgeChoice } from '../../../src/edge/edge.ts'
import { NGINX_FOLDER } from '../../../src/edge/nginx.ts'

const nginx: Service = {
  image: 'nginx:1.28',
  volumes: [{ type: 'bind', source: '/srv/shop/edge', target: NGINX_FOLDER }],
}
const configuration = `include ${NGINX_FOLDER}/nginx.conf; server { include ${NGINX_FOLDER}/server.conf; proxy_pass http://$estiba_web; }`

function choose(change: Readonly<Record<string, Service>> = {}, text = configuration): EdgeChoice {
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
    { name: 'shop', services },
    new Map(Object.keys(services).map((name) => [name, kindOf(name)])),
    text,
  )
}

describe('slots', () => {
  test('for what the edge names, and what those depend on by a port', () => {
    expect(choose()).toEqual({
      kind: 'slots',
      edges: ['nginx'],
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

  test('by labels alone, where the configuration is not in the repository', () => {
    const web: Service = { labels: { 'estiba.kind': 'web', 'estiba.port': '80' } }
    expect(choose({ web }, '')).toMatchObject({ web: new Map([['web', { port: 80, replicas: 1 }]]) })
  })
})

const noFolder = 'no nginx of the stack mounts a folder as /etc/nginx/estiba (docs/recipes.md)'

test.each<[string, Readonly<Record<string, Service>>, string]>([
  ['no nginx with the folder', { nginx: { image: 'nginx:1.28' } }, noFolder],
  ['an edge that is no nginx', { nginx: { ...nginx, image: 'traefik:3' } }, noFolder],
  [
    'a web service publishes a port',
    { web: { expose: ['3000'], ports: ['80:80'] } },
    "services.web publishes a port of the host, which old and new can't have both; let nginx pass requests to it",
  ],
  [
    'a network of its own',
    { worker: { networks: { back: null, default: null } } },
    'services.worker has networks of its own: back',
  ],
  ['a network mode', { worker: { network_mode: 'host' } }, 'services.worker has a network_mode'],
])('in turns: %s', (_, change, because) => {
  expect(choose(change)).toEqual({ kind: 'plain', because })
})

test('in turns: nothing is named', () => {
  expect(choose({}, '')).toEqual({
    kind: 'plain',
    because: "the edge's configuration passes requests to none of the services ($estiba_SERVICE)",
  })
})

test.each<[string, Service]>([
  ['no port', {}],
  ['two ports', { expose: ['3000', '3001'] }],
  ['a port that is none', { expose: ['http'] }],
])('refused: %s', (_, web) => {
  expect(() => choose({ web })).toThrow(
    "services.web: nginx passes requests to it, but its port is not known; write `expose: ['8080']` with the one port",
  )
})

test('refused: a configuration that would defeat the switch', () => {
  expect(() => choose({}, 'server { proxy_pass http://$estiba_web; }')).toThrow(
    'the configuration of nginx: it does not include /etc/nginx/estiba/nginx.conf',
  )
})
