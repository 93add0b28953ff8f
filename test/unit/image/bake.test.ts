import { describe, expect, test } from 'vitest'
import { bakeOf } from '../../../src/image/bake.ts'
import type { BuildSection, ProjectSecret } from '../../../src/image/project.ts'
import { parseProject } from '../../../src/image/project.ts'
import { findTargets } from '../../../src/image/target.ts'

const secrets: Record<string, ProjectSecret> = {
  npm: { environment: 'NPM_TOKEN' },
  certificate: { file: '/shop/ca.pem' },
  remote: {},
}

/** The target that a build section becomes; `base` is another service that builds. */
function baked(build: BuildSection) {
  const project = {
    name: 'shop',
    secrets,
    services: [
      { name: 'api', image: 'acme/api:dev', build },
      { name: 'base', image: 'acme/base', build: { context: '/shop/base' } },
    ],
  }
  const bake = bakeOf(project, findTargets(project, undefined), { tags: ['1.2.3', '1'], origin: {}, push: true })
  return { ...bake, api: bake.file.target['api'] }
}

describe('a bake graph', () => {
  test('holds a target an image, with our tags in place of the one in the file', () => {
    expect(baked({ context: '/shop/api', dockerfile: 'Dockerfile' }).file).toEqual({
      group: { default: { targets: ['api', 'base'] } },
      target: {
        api: {
          context: '/shop/api',
          dockerfile: 'Dockerfile',
          labels: { 'org.opencontainers.image.title': 'api' },
          tags: ['acme/api:1.2.3', 'acme/api:1'],
          output: ['type=registry'],
        },
        base: {
          context: '/shop/base',
          labels: { 'org.opencontainers.image.title': 'base' },
          tags: ['acme/base:1.2.3', 'acme/base:1'],
          output: ['type=registry'],
        },
      },
    })
  })

  test('carries over what a build section may say', () => {
    const { api, secretVariables } = baked({
      context: '/shop/api',
      dockerfile_inline: 'FROM scratch\n',
      args: { VERSION: '1' },
      target: 'final',
      platforms: ['linux/amd64', 'linux/arm64'],
      cache_from: ['type=registry,ref=acme/api:cache'],
      cache_to: ['type=inline'],
      no_cache: true,
      pull: true,
      network: 'none',
      shm_size: '67108864',
      ulimits: { nofile: { soft: 10, hard: 20 }, nproc: 5 },
      ssh: ['default'],
      additional_contexts: { resources: '/shop/resources', alpine: 'docker-image://alpine', base: 'service:base' },
      secrets: [{ source: 'npm' }, { source: 'certificate', target: 'ca' }],
      labels: { 'org.opencontainers.image.title': 'The API', team: 'shop' },
    })
    expect(api).toEqual({
      context: '/shop/api',
      'dockerfile-inline': 'FROM scratch\n',
      args: { VERSION: '1' },
      target: 'final',
      platforms: ['linux/amd64', 'linux/arm64'],
      'cache-from': ['type=registry,ref=acme/api:cache'],
      'cache-to': ['type=inline'],
      'no-cache': true,
      pull: true,
      network: 'none',
      'shm-size': '67108864',
      ulimits: ['nofile=10:20', 'nproc=5'],
      ssh: ['default'],
      contexts: { resources: '/shop/resources', alpine: 'docker-image://alpine', base: 'target:base' },
      secret: ['id=npm,env=NPM_TOKEN', 'id=ca,src=/shop/ca.pem'],
      labels: { 'org.opencontainers.image.title': 'The API', team: 'shop' },
      tags: ['acme/api:1.2.3', 'acme/api:1'],
      output: ['type=registry'],
    })
    expect(secretVariables).toEqual(['NPM_TOKEN'])
  })

  test('text that looks like a template stays text', () => {
    expect(baked({ context: '/a', args: { A: '${HOME} %{if} $B $${C}' } }).api).toMatchObject({
      args: { A: '$${HOME} %%{if} $B $$${C}' },
    })
  })

  test.each([
    [{ extra_hosts: ['a=1.2.3.4'] }, 'extra_hosts'],
    [{ privileged: true }, 'privileged'],
    [{ tags: ['acme/other:1'] }, 'tags'],
    [{ network: 'host' }, 'network: host'],
    [{ isolation: 'hyperv' }, 'isolation'],
    [{ entitlements: ['network.host'] }, 'entitlements'],
  ])('%j is refused by its name', (field, name) => {
    expect(() => baked({ context: '/a', ...field })).toThrow(
      `services.api.build has ${name}, which this action can't hand on to buildx.`,
    )
  })

  test('what is set to nothing is as good as absent', () => {
    expect(baked({ context: '/a', privileged: false, isolation: 'default', tags: null }).api).toMatchObject({
      context: '/a',
    })
  })

  test('a secret from nowhere and a context from a service that builds nothing are refused', () => {
    expect(() => baked({ context: '/a', secrets: [{ source: 'remote' }] })).toThrow('uses the secret remote')
    expect(() => baked({ context: '/a', additional_contexts: { x: 'service:database' } })).toThrow(
      'which builds nothing',
    )
  })
})

test('what Compose prints doubles its dollars', () => {
  const json = '{"name":"shop","services":{"b":{"image":"b"},"a":{"build":{"args":{"A":"a$$b"},"context":"/x"}}}}'
  expect(parseProject(json)).toEqual({
    name: 'shop',
    services: [
      { name: 'a', build: { args: { A: 'a$b' }, context: '/x' } },
      { name: 'b', image: 'b' },
    ],
    secrets: {},
  })
})
