import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { slotSubnets } from '../../../src/edge/subnets.ts'
import { observe } from '../../../src/stack/observe.ts'
import { docker } from '../../support/lab/docker.ts'
import { run } from '../../support/lab/process.ts'
import { LocalRemote } from '../../support/local-remote.ts'
import { buildTinyImage } from '../../support/tiny-image.ts'
import { until } from '../../support/until.ts'

const name = `drain-${randomBytes(4).toString('hex')}`
const image = `${name}:1`
/** The edge has connections with a service in the first; the second is another slot. */
let subnet: string
let other: string

beforeAll(async () => {
  await buildTinyImage(image)
  await using remote = new LocalRemote()
  const { networks, routes } = await observe(remote, { name, path: '/nowhere' })
  ;({ a: subnet, b: other } = slotSubnets(name, networks, routes))
  await docker('network', 'create', '--subnet', subnet, name)
  const start = (service: string, ...more: readonly string[]) => {
    const labels = { project: name, service, oneoff: 'False' }
    const labelled = Object.entries(labels).flatMap(([key, value]) => ['--label', `com.docker.compose.${key}=${value}`])
    return docker('run', '--detach', '--name', `${name}-${service}`, '--network', name, ...labelled, ...more)
  }
  await start('web', '--ip', address(), image, 'nc', '-ll', '-p', '80', '-e', 'cat')
  await start('edge', image)
})
afterAll(async () => {
  await docker('rm', '--force', `${name}-web`, `${name}-edge`)
  await docker('network', 'rm', name)
  await docker('image', 'rm', '--force', image)
})

const address = () => subnet.replace('0/24', '10')

/** Opens so many connections, each for so many seconds. */
async function connect(count: number, seconds: number): Promise<void> {
  const visit = `(sleep ${seconds} | nc ${address()} 80) &`
  await docker('exec', '--detach', `${name}-edge`, 'sh', '-c', `${visit.repeat(count)} wait`)
  await until(async () => (await connections()).length === count, 'the connections', 5)
}

async function connections(): Promise<readonly string[]> {
  const lines = await docker('exec', `${name}-edge`, 'cat', '/proc/net/tcp')
  return lines.split('\n').filter((line) => line.includes(' 01 '))
}

function drain(seconds: number, from: string, edge = 'edge') {
  const program = `project=${name} stack=/nowhere release=v1 variant=b\n${effectsProgram}\ndrain ${seconds} ${from} ${edge}`
  return run(['sh', '-c', program])
}

test('waits until the last connection with the slot has ended', async () => {
  await connect(3, 2)
  expect(await drain(60, subnet)).toMatchObject({ code: 0, stdout: '' })
  expect(await connections()).toEqual([])
})

test('cuts what goes on for longer, and says how many', async () => {
  await connect(2, 20)
  expect(await drain(1, subnet)).toMatchObject({
    code: 0,
    stdout: 'still open after 1 s, and cut: 2 connections of visitors, such as WebSockets\n',
  })
  // Those with the other slot, and those of others, are nobody's business.
  expect(await drain(1, other)).toMatchObject({ code: 0, stdout: '' })
  expect(await drain(1, subnet, 'web-2')).toMatchObject({ code: 0, stdout: '' })
  // Nor are those with others in the slot, where only some of it end.
  const one = subnet.replace('0/24', '11')
  expect(await drain(1, `${one},${other.replace('0/24', '10')}`)).toMatchObject({ code: 0, stdout: '' })
  expect((await drain(0, `${one},${address()}`)).stdout).toMatch(/^still open after 0 s, and cut: 2 connections/)
})
