import { describe, expect, test } from 'vitest'
import { kindOf } from '../../../src/compose/kinds.ts'
import { repositoryOf, type Service } from '../../../src/compose/model.ts'
import { digest } from '../../support/stack.ts'

const ports = [{ target: 80, published: '80' }]
const volumes = [{ type: 'volume', source: 'files', target: '/files' }]
const label = (kind: string) => ({ 'estiba.kind': kind })

test.each<[Service, string, string]>([
  [{ image: 'postgres:15' }, 'data', 'its image is postgres, a store'],
  [{ image: 'docker.io/bitnami/postgresql:16' }, 'data', 'its image is postgresql, a store'],
  [{ image: 'registry:5000/infra/redis' }, 'data', 'its image is redis, a store'],
  [{ image: `ghcr.io/acme/mongo@${digest('1')}` }, 'data', 'its image is mongo, a store'],
  [{ image: 'nginx:1.28', ports }, 'edge', 'its image is nginx, a proxy, and it publishes a port'],
  [{ image: 'traefik:v3', ports }, 'edge', 'its image is traefik, a proxy, and it publishes a port'],
  [{ image: 'nginx:1.28' }, 'app', 'it is neither a proxy nor a store'],
  [{ image: 'acme/api:1', ports }, 'app', 'it is neither a proxy nor a store'],
  [{ image: 'gitea/gitea:1', volumes }, 'data', 'it writes to the volume files'],
  [{ image: 'gitea/gitea:1', volumes: [{ type: 'volume', target: '/x' }] }, 'data', 'it writes to the volume /x'],
  [{ image: 'acme/api:1', volumes: volumes.map((mount) => ({ ...mount, read_only: true })) }, 'app', 'it is neither'],
  [{ image: 'acme/api:1', volumes: [{ type: 'bind', source: '/x', target: '/x' }] }, 'app', 'it is neither'],
  [{ image: 'acme/api:1', build: {}, volumes }, 'app', 'it is neither a proxy nor a store'],
  [{ image: `acme/api@${digest('1')}`, volumes }, 'app', 'it is neither a proxy nor a store'],
  [{ image: 'postgres:15', labels: label('app') }, 'app', 'its label estiba.kind says so'],
  [{ image: 'acme/api', labels: label('data') }, 'data', 'its label estiba.kind says so'],
  [{ image: 'acme/proxy', labels: label('edge') }, 'edge', 'its label estiba.kind says so'],
  [{}, 'app', 'it is neither a proxy nor a store'],
])('%j is %s because %s', (service, kind, because) => {
  expect(kindOf('x', service)).toEqual({ kind, because: expect.stringContaining(because) as string })
})

test('a label that says no kind is a problem', () => {
  expect(kindOf('api', { image: 'api', labels: label('web') })).toMatchInlineSnapshot(
    `
    {
      "because": "its label estiba.kind says so",
      "kind": "web",
    }
  `,
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
