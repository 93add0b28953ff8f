import { describe, expect, test } from 'vitest'
import { type Kind, kindOf } from '../../../src/compose/kinds.ts'
import { repositoryOf, type Service } from '../../../src/compose/model.ts'
import { digest } from '../../support/stack.ts'

const ports = [{ target: 80, published: '80' }]
const bind = { type: 'bind', source: '/srv/data', target: '/data' }
const volumes = [{ type: 'volume', source: 'files', target: '/files' }]
const label = (kind: string) => ({ 'estiba.kind': kind })

const nobody = 'nothing says that anybody asks it'

test.each<[Service, Kind, string]>([
  [{ image: 'postgres:15' }, 'data', 'its image is postgres, a store'],
  [{ image: 'docker.io/bitnami/postgresql:16' }, 'data', 'its image is postgresql, a store'],
  [{ image: 'registry:5000/infra/redis' }, 'data', 'its image is redis, a store'],
  [{ image: `ghcr.io/acme/mongo@${digest('1')}` }, 'data', 'its image is mongo, a store'],
  [
    { image: 'nginx:1.28', ports },
    'edge',
    '`nginx` in the name of its image tells of a proxy, and it publishes a port',
  ],
  [
    { image: 'traefik:v3', ports },
    'edge',
    '`traefik` in the name of its image tells of a proxy, and it publishes a port',
  ],
  [{ image: 'nginx:1.28' }, 'worker', nobody],
  [{ image: 'gitea/gitea:1', volumes }, 'data', 'it writes to the volume files'],
  [{ image: 'gitea/gitea:1', volumes: [{ type: 'volume', target: '/x' }] }, 'data', 'it writes to the volume /x'],
  [{ image: 'acme/api:1', volumes: volumes.map((mount) => ({ ...mount, read_only: true })) }, 'worker', nobody],
  [{ image: 'acme/api:1', volumes: [{ type: 'bind', source: '/x', target: '/x' }] }, 'worker', nobody],
  [{ image: 'acme/api:1', build: {}, volumes }, 'worker', nobody],
  [{ image: `acme/api@${digest('1')}`, volumes }, 'worker', nobody],
  [{ image: 'acme/api:1', ports }, 'web', 'it publishes a port'],
  [{ image: 'acme/api:1', expose: ['8000'] }, 'web', 'it exposes a port'],
  [{ image: 'acme/api:1', labels: { 'estiba.port': '8000' } }, 'web', 'it exposes a port'],
  [{ image: 'acme/api:1', labels: { 'traefik.enable': 'true' } }, 'web', 'its labels tell Traefik of it'],
  [
    { image: 'acme/api:1', healthcheck: { test: ['CMD-SHELL', 'curl -f http://localhost:8000/up'] } },
    'web',
    'its health check asks over HTTP',
  ],
  [
    { command: ['celery', '-A', 'shop', 'beat'] },
    'scheduler',
    '`beat` in its command says that it starts work by the clock',
  ],
  [
    { image: 'mcuadros/ofelia' },
    'scheduler',
    '`ofelia` in the name of its image says that it starts work by the clock',
  ],
  [
    { command: ['bundle', 'exec', 'sidekiq'], ports },
    'worker',
    '`sidekiq` in its command says that it looks for its work itself',
  ],
  [{ command: ['gunicorn', '--worker-class', 'gthread'], ports }, 'web', 'it publishes a port'],
  [{ image: 'acme/cloud-sql-proxy', ports }, 'web', 'it publishes a port'],
  [{ image: `acme/registry@${digest('1')}`, ports }, 'web', 'it publishes a port'],
  [{ image: 'registry:2', ports, volumes }, 'data', 'its image is registry, and it writes to files'],
  [{ entrypoint: ['python', 'manage.py', 'rqworker'] }, 'worker', nobody],
  [{ image: 'postgres:15', labels: label('worker') }, 'worker', 'its label estiba.kind says so'],
  [{ image: 'acme/api', labels: label('data') }, 'data', 'its label estiba.kind says so'],
  [{ image: 'acme/proxy', labels: label('edge') }, 'edge', 'its label estiba.kind says so'],
  [{ image: 'acme/seed', labels: label('job') }, 'job', 'its label estiba.kind says so'],
  [{}, 'worker', nobody],
])('%j is %s because %s', (service, kind, because) => {
  expect(kindOf('x', { x: service })).toEqual({ kind, because })
})

test.each<[string, Service, Kind, string]>([
  ['clickhouse', { build: {}, volumes }, 'data', 'it is called clickhouse and writes to files'],
  ['db', { image: 'acme/upgrading-postgres', volumes: [bind] }, 'data', 'it is called db and writes to /srv/data'],
  ['db', { build: {} }, 'worker', nobody],
  ['proxy', { build: {}, ports }, 'edge', '`proxy` in its name tells of a proxy, and it publishes a port'],
  [
    'caddy',
    { image: 'caddy', network_mode: 'host' },
    'edge',
    '`caddy` in the name of its image tells of a proxy, and it publishes a port',
  ],
  ['db-migrate', {}, 'job', '`migrate` in its name says that it runs once, and nothing starts it again'],
  [
    'init',
    { restart: 'on-failure:3' },
    'job',
    '`init` in its name says that it runs once, and nothing starts it again',
  ],
  ['setup', { restart: 'always' }, 'worker', nobody],
])('%s, %j is %s because %s', (name, service, kind, because) => {
  expect(kindOf(name, { [name]: service })).toEqual({ kind, because })
})

describe('what others say of a service', () => {
  const migrate = { image: 'acme/files', volumes }
  test.each<[Service, Kind, string]>([
    [
      { depends_on: { x: { condition: 'service_completed_successfully' } } },
      'job',
      'other waits until it has completed',
    ],
    [{ depends_on: { x: { condition: 'service_healthy' } } }, 'data', 'it writes to the volume files'],
  ])('%j: %s because %s', (other, kind, because) => {
    expect(kindOf('x', { x: migrate, other })).toEqual({ kind, because })
  })

  test.each<[Service, Service, Kind]>([
    [{ image: 'gitea/gitea:1', volumes }, { image: 'acme/backup', volumes, command: ['backup'] }, 'data'],
    [{ image: 'dgraph/dgraph', volumes, command: ['alpha'] }, { image: 'dgraph/dgraph', command: ['zero'] }, 'data'],
    [{ image: 'acme/shop', volumes, ports }, { image: 'acme/shop', command: ['celery', 'worker'] }, 'web'],
    [{ image: 'acme/shop', volumes, command: ['celery', 'beat'] }, {}, 'scheduler'],
  ])('%j beside %j is %s', (service, other, kind) => {
    expect(kindOf('x', { x: service, other })).toMatchObject({ kind })
  })

  test('what a service depends on is no edge before it', () => {
    const envoy = { image: 'envoyproxy/envoy', ports }
    expect(kindOf('envoy', { envoy, api: {} })).toMatchObject({ kind: 'edge' })
    expect(kindOf('envoy', { envoy, nginx: { image: 'nginx', depends_on: { envoy: {} } } })).toMatchObject({
      kind: 'edge',
    })
    expect(kindOf('envoy', { envoy, api: { depends_on: { envoy: {} } } })).toMatchObject({ kind: 'web' })
  })

  test.each([
    [{ API: 'http://x:8000/v1' }, true],
    [{ API: 'http://x' }, true],
    [{ BROKER: 'amqp://user:word@x/0' }, true],
    [{ API: 'x:8000' }, true],
    [{ API: 'http://x.example.com' }, false],
    [{ API: 'http://xy:8000' }, false],
    [{ NAME: 'x' }, false],
    [{ DEBUG: null, PORT: 8000 }, false],
  ])('%j in the environment of another one: %s', (environment, isAsked) => {
    const found = kindOf('x', { x: {}, other: { environment } })
    expect(found).toEqual(
      isAsked
        ? { kind: 'web', because: 'the environment of other has its address' }
        : { kind: 'worker', because: nobody },
    )
  })

  test('to depend on it is to ask it', () => {
    expect(kindOf('x', { x: {}, other: { depends_on: { x: {} } } })).toEqual({
      kind: 'web',
      because: 'other depends on it',
    })
  })

  test('a word of its name is a hint', () => {
    expect(kindOf('report-worker', { 'report-worker': {} })).toMatchObject({ kind: 'worker' })
    expect(kindOf('schedule-api', { 'schedule-api': { expose: ['1'] } })).toMatchObject({ kind: 'web' })
    expect(kindOf('setup-wizard', { 'setup-wizard': { expose: ['1'] } })).toMatchObject({ kind: 'web' })
    expect(kindOf('setup', { setup: { healthcheck: { test: ['CMD', 'true'] } } })).toMatchObject({ kind: 'worker' })
    expect(kindOf('setup', { setup: { deploy: { restart_policy: { condition: 'any' } } } })).toMatchObject({
      kind: 'worker',
    })
    expect(kindOf('cronus', { cronus: {} })).toMatchObject({ kind: 'worker', because: nobody })
  })
})

test('a label that says no kind is a problem', () => {
  expect(kindOf('api', { api: { labels: label('app') } })).toBe(
    'services.api.labels: estiba.kind is "app"; write one of edge, web, worker, scheduler, job, data',
  )
})

describe('the repository of an image', () => {
  test.each([
    ['nginx', 'nginx'],
    ['nginx:1.28', 'nginx'],
    ['registry:5000/api', 'registry:5000/api'],
    ['registry:5000/api:1', 'registry:5000/api'],
    [`ghcr.io/acme/api:1@${digest('1')}`, 'ghcr.io/acme/api'],
    ['', ''],
  ])('of %s is %s', (image, repository) => {
    expect(repositoryOf(image)).toBe(repository)
  })
})
