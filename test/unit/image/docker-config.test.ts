import { expect, test } from 'vitest'
import { withRoomFor } from '../../../src/image/docker-config.ts'
import { buildEnvironment, clientEnvironment } from '../../../src/image/docker.ts'

test('a login finds room in the file, and nothing else changes', () => {
  const original = { auths: { 'docker.example': { auth: 'b2xk' } }, currentContext: 'far', proxies: {} }
  expect(withRoomFor('ghcr.io', original)).toEqual({
    auths: { 'docker.example': { auth: 'b2xk' }, 'ghcr.io': {} },
    credHelpers: {},
    currentContext: 'far',
    proxies: {},
  })
})

test('logins of a credential store stay reachable, that of the registry itself is shadowed', () => {
  const original = {
    auths: { 'docker.example': {}, 'ghcr.io': {} },
    credsStore: 'pass',
    credHelpers: { 'ecr.example': 'ecr-login' },
  }
  expect(withRoomFor('ghcr.io', original)).toEqual({
    auths: { 'docker.example': {}, 'ghcr.io': {} },
    credHelpers: { 'docker.example': 'pass', 'ecr.example': 'ecr-login' },
  })
})

test('Docker Hub is kept under its old address', () => {
  expect(withRoomFor('docker.io', {})).toEqual({ auths: { 'https://index.docker.io/v1/': {} }, credHelpers: {} })
})

test('a project sees nothing of the runner, a build all but the inputs', () => {
  const env = {
    PATH: '/bin',
    HOME: '/root',
    DOCKER_HOST: 'ssh://x',
    TAG: '1',
    INPUT_ENV: 'A=1',
    COMPOSE_FILE: 'other.yml',
  }
  expect(clientEnvironment(env)).toEqual({ PATH: '/bin', HOME: '/root', DOCKER_HOST: 'ssh://x' })
  expect(buildEnvironment(env)).toEqual({
    PATH: '/bin',
    HOME: '/root',
    DOCKER_HOST: 'ssh://x',
    TAG: '1',
    COMPOSE_FILE: 'other.yml',
    BUILDX_BAKE_ENTITLEMENTS_FS: '0',
  })
})
