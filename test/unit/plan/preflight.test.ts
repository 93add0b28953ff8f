import { expect, test } from 'vitest'
import { checkHost } from '../../../src/plan/preflight.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { emptyHost } from '../../support/stack.ts'

function check(change: Partial<Observation>): void {
  checkHost({ ...emptyHost, ...change }, { name: 'shop', path: '/srv/shop' }, 'deploy@web1')
}

test('a host that has what it takes', () => {
  expect(() => {
    check({})
  }).not.toThrow()
})

test('everything that is wrong is told at once, each with its fix', () => {
  expect(() => {
    check({ missing: ['flock', 'setsid'], compose: '2.17.3', unwritable: '/srv', diskKiB: 200_000 })
  }).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: deploy@web1 is not ready; nothing was changed:
    - these tools are missing: flock, setsid; install them with the host's packages
    - Docker Compose is 2.17.3; 2.20 is the oldest that is supported
    - deploy can't write to /srv, so /srv/shop can't be made; run once on the host: sudo install -d -o deploy /srv/shop
    - only 195 MiB of disk are free; make room (docker image prune), 512 MiB is the least]
  `)
})

test('an engine that can not be reached, and no word of Compose, which could not be asked either', () => {
  expect(() => {
    check({ engine: undefined, engineError: 'permission denied', compose: undefined })
  }).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: deploy@web1 is not ready; nothing was changed:
    - deploy can't reach the Docker engine (permission denied); add the user to the group docker, or start the engine]
  `)
})

test('without Docker there is one thing to do, not two', () => {
  expect(() => {
    check({ missing: ['docker'], engine: undefined, engineError: 'docker: not found', compose: undefined })
  }).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: deploy@web1 is not ready; nothing was changed:
    - these tools are missing: docker; install them with the host's packages]
  `)
})

test('an engine without Compose', () => {
  expect(() => {
    check({ compose: undefined })
  }).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: deploy@web1 is not ready; nothing was changed:
    - \`docker compose\` is missing; install the Compose plugin, version 2.20 or newer]
  `)
})

test.each(['2.20.0', 'v2.20.3', '2.26.1-4', '5.0.1'])('Compose %s is new enough', (compose) => {
  expect(() => {
    check({ compose })
  }).not.toThrow()
})

test.each(['1.29.2', '2.9.0', 'v2.19.1'])('Compose %s is too old', (compose) => {
  expect(() => {
    check({ compose })
  }).toThrow(`Docker Compose is ${compose}; 2.20 is the oldest that is supported`)
})
