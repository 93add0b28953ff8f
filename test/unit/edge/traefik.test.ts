import { describe, expect, test } from 'vitest'
import type { Service } from '../../../src/compose/model.ts'
import { TRAEFIK } from '../../../src/edge/traefik.ts'

const subnets = { a: '10.213.0.0/24', b: '10.213.1.0/24' }
const place = { stack: 'shop', folder: TRAEFIK.folder, isShared: false }

/** The file for a state, for a service with replicas at those addresses. */
function told(state: string, ...hosts: readonly number[]): string {
  const files = TRAEFIK.files({ subnets, web: { 'my-api': { hosts, port: 8000 } } }, place)
  expect(Object.keys(files)).toEqual(['a', 'a-trial', 'b', 'b-trial'].map((each) => `traefik-${each}.conf`))
  return files[`traefik-${state}.conf`] ?? ''
}

/** Its servers, and what is said of each. */
function servers(state: string, ...hosts: readonly number[]): readonly string[] {
  return told(state, ...hosts)
    .split('\n')
    .filter((line) => /url:|weight:|failure|Failed/.test(line))
    .map((line) => line.trim())
}

test('a generated file', () => {
  expect(told('b', 10)).toMatchInlineSnapshot(`
    "# Written by Estiba at a deploy; see docs/recipes.md.
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
            attempts: 3
        estiba_seen:
          redirectRegex:
            regex: .*
            replacement: /b
      serversTransports:
        estiba:
          maxIdleConnsPerHost: -1
          forwardingTimeouts:
            dialTimeout: 1s
      services:
        estiba_my-api:
          loadBalancer:
            serversTransport: estiba
            servers:
              - url: http://10.213.1.10:8000
    "
  `)
})

test('in a trial the slot before has what reached no server', () => {
  expect(servers('b-trial', 10, 12)).toEqual([
    '- url: http://10.213.1.10:8000',
    'weight: 10000',
    '- url: http://10.213.1.12:8000',
    'weight: 10000',
    '- url: http://10.213.0.10:8000',
    'failureWindow: 2ms',
    'maxFailedAttempts: 1',
  ])
  expect(told('b-trial', 10)).toContain('replacement: /b-trial\n')
})

test('of replicas each is asked in turn, and there are attempts enough to find one', () => {
  expect(servers('a', 10, 12)).toEqual(['- url: http://10.213.0.10:8000', '- url: http://10.213.0.12:8000'])
  expect(told('a', 10, 12)).toContain('attempts: 5\n')
  expect(told('a', 10)).toContain('attempts: 3\n')
})

const services = ['my-api', 'web']
const flags = [
  '--entryPoints.web.address=:80',
  '--entryPoints.web.http.middlewares=estiba@file',
  '--entryPoints.estiba.address=127.0.0.1:9180',
  '--providers.file.directory=/etc/traefik/estiba',
  '--providers.providersThrottleDuration=100ms',
]
const edge: Service = {
  command: flags,
  labels: {
    'traefik.http.routers.api.service': 'estiba_my-api@file',
    'traefik.http.routers.web.service': 'estiba_web@file',
  },
}
const asFile = `entryPoints:
  web:
    address: ":80"
    http: { middlewares: ["estiba@file"] }
  estiba:
    address: 127.0.0.1:9180
providers:
  file:
    directory: "/etc/traefik/estiba" # watch: false
`

describe('a configuration', () => {
  const own = TRAEFIK.textIn?.(edge) ?? ''

  test('names services by labels of its own', () => {
    expect(TRAEFIK.namedServices(own, [...services, 'nobody', 'api'])).toEqual(services)
  })

  test.each([
    ['in its command', own],
    ['in a file', asFile],
    ['in its image, so nobody sees it', 'traefik.http.routers.web.service=estiba_web@file'],
  ])('%s', (_, text) => {
    expect(TRAEFIK.problems(text, services)).toEqual([])
  })

  test.each<[string, string, string]>([
    [
      'without the folder',
      own.replace(/--providers.file.*/, ''),
      'it does not look at /etc/traefik/estiba; write `--providers.file.directory=/etc/traefik/estiba` in its command, or the same in its own file',
    ],
    [
      'without a place to ask',
      asFile.replace('127.0.0.1:9180', ':9180'),
      'it has no entry point at which it says where it leads to; write `--entrypoints.estiba.address=127.0.0.1:9180` in its command, or the same in its own file',
    ],
    [
      'without trying again',
      asFile.replace('estiba@file', 'gzip@file'),
      'a request that reached no server fails; write `--entrypoints.web.http.middlewares=estiba@file` in its command, or the same in its own file',
    ],
    [
      'that does not watch',
      `${own}\n--providers.file.watch=false`,
      '`watch` hides the switch from it; leave it out, or write `true`',
    ],
    [
      'with a name that is none',
      `${own}\nestiba_my_api@file`,
      'estiba_my_api@file is no service of the compose file; there are: my-api, web',
    ],
  ])('%s', (_, text, problem) => {
    expect(TRAEFIK.problems(text, services)).toEqual([problem])
  })

  test('may say that it follows sooner', () => {
    expect(TRAEFIK.advice?.(own)).toEqual([])
    expect(TRAEFIK.advice?.(asFile)).toEqual([
      'it follows a switch within two seconds; write `--providers.providersthrottleduration=100ms` for sooner',
    ])
  })
})

test('a service that is replaced brings no router of its own', () => {
  const labels = { 'traefik.enable': 'true', 'traefik.http.routers.web.rule': 'PathPrefix(`/`)' }
  const model = { name: 'shop', services: { edge, web: { labels }, adminer: { labels } } }
  expect(TRAEFIK.problemsIn?.(model, 'edge', ['web'])).toEqual([
    'services.web has the label traefik.http.routers.web.rule, and so would its old and its new container, of which Traefik takes ' +
      'neither where they differ; write its routers and middlewares as labels of services.edge, with `service=estiba_web@file`',
  ])
  expect(TRAEFIK.problemsIn?.({ name: 'shop', services: { edge } }, 'edge', [])).toEqual([])
})
