import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { otherSlot, type Slot } from '../../../src/edge/slots.ts'
import { slotSubnets } from '../../../src/edge/subnets.ts'
import { observe } from '../../../src/stack/observe.ts'
import { docker } from '../../support/lab/docker.ts'
import { run } from '../../support/lab/process.ts'
import { LocalRemote } from '../../support/local-remote.ts'
import { buildTinyImage } from '../../support/tiny-image.ts'

const project = `rolling-${randomBytes(4).toString('hex')}`
const image = `${project}:1`
const HOSTS = { api: 10, web: 11 } as const
type Service = keyof typeof HOSTS
let subnets: Readonly<Record<Slot, string>>
let tx = '/nowhere'

beforeAll(async () => {
  await buildTinyImage(image)
  await using remote = new LocalRemote()
  // Other tests look for free addresses, too.
  for (let code = 75; code === 75;) {
    const { networks, routes } = await observe(remote, { name: project, path: '/nowhere' })
    subnets = slotSubnets(project, networks, routes)
    code = (await shell('a', `make_slots ${subnets.a} ${subnets.b}`)).code
    expect([0, 75]).toContain(code)
  }
})
afterAll(async () => {
  for (const slot of ['a', 'b']) await docker('network', 'rm', `${project}_slot-${slot}`)
  await docker('image', 'rm', '--force', image)
})

/** Old and new of two services, each in its slot; the new ones are not started. */
beforeEach(async () => {
  tx = await mkdtemp(join(tmpdir(), 'estiba-rolling-'))
})
afterEach(async () => {
  const made = await docker('ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${project}`)
  await docker('rm', '--force', ...made.split('\n').filter(Boolean))
  await rm(tx, { recursive: true })
})

/** Runs effects as a step of the agent does, on the way to a slot. */
function shell(to: Slot, line: string) {
  const program = `project=${project} stack=${tx} release=v2 variant=${to} ESTIBA_TX=${tx}\n${effectsProgram}\n${line}`
  return run(['sh', '-c', program])
}

/** Resolves to what they say. */
async function effect(to: Slot, line: string): Promise<string> {
  const { code, stdout, stderr } = await shell(to, line)
  expect(code, stderr + stdout).toBe(0)
  return stdout
}

function address(service: Service, slot: Slot): string {
  return subnets[slot].replace('0/24', String(HOSTS[service]))
}

async function make(release: 'old' | 'new', service: Service, slot: Slot): Promise<string> {
  const labels = { project, service, oneoff: 'False' }
  return docker(
    ...[release === 'old' ? 'run' : 'create', ...(release === 'old' ? ['--detach'] : [])],
    ...['--name', `${project}-${release}-${service}`, '--network', `${project}_slot-${slot}`],
    ...[
      '--ip',
      address(service, slot),
      '--network-alias',
      service,
      '--stop-timeout',
      '1',
      '--label',
      `estiba.slot=${slot}`,
    ],
    ...['--label', `estiba.definition=${release}`],
    ...Object.entries(labels).flatMap(([key, value]) => ['--label', `com.docker.compose.${key}=${value}`]),
    image,
  )
}

async function makeAll(from: Slot): Promise<void> {
  const old = [await make('old', 'api', from), await make('old', 'web', from)]
  for (const service of ['api', 'web'] as const) await make('new', service, otherSlot(from))
  await writeFile(join(tx, 'served'), `api ${old[0]} no\nweb ${old[1]} no\n`)
}

/** The addresses that a container finds a service at. */
async function finds(who: string, service: Service): Promise<readonly string[]> {
  const { stdout } = await run(['docker', 'exec', `${project}-${who}`, 'nslookup', service])
  const [, answer = ''] = stdout.split(/^Name:/m)
  return [...answer.matchAll(/^Address(?: \d+)?:\s+([\d.]+)/gm)].map(([, found = '']) => found).sort()
}

async function networksOf(who: string): Promise<Readonly<Record<string, string>>> {
  const text = await docker('inspect', '--format', '{{json .NetworkSettings.Networks}}', `${project}-${who}`)
  const networks = JSON.parse(text) as Readonly<Record<string, { readonly IPAddress: string }>>
  return Object.fromEntries(
    Object.entries(networks).map(([name, { IPAddress }]) => [name.replace(`${project}_slot-`, ''), IPAddress]),
  )
}

const start = (who: string) => docker('start', `${project}-${who}`)

describe('names, while one service after the other moves', () => {
  test('from slot a to b: nobody meets the new one before it is shown, nor the old one once it is hidden', async () => {
    await makeAll('a')
    await effect('b', 'hide_new api=new web=new && lend_names && lend_names')
    const lent = (await networksOf('old-web'))['b']
    await start('new-api')
    expect(await finds('old-web', 'api')).toEqual([address('api', 'a')])
    expect(await finds('new-api', 'web')).toEqual([lent])

    await effect('b', 'show_new api=new && show_new api=new')
    expect(await networksOf('new-api')).toEqual({ b: address('api', 'b') })
    await effect('b', 'hide_old api=new')
    // Those that ask it already go on.
    expect(await networksOf('old-api')).toEqual({ a: address('api', 'a') })
    expect(await finds('old-web', 'api')).toEqual([address('api', 'b')])
    await effect('b', 'stop_old api=new')

    // And back, where nobody meets the old one before it has proved itself.
    await start('old-api')
    expect(await finds('old-web', 'api')).toEqual([address('api', 'b')])
    await effect('b', 'come_back 20 api && retire_new api=new')
    expect(await finds('old-web', 'api')).toEqual([address('api', 'a')])
    await effect('b', 'part_slots && part_slots')
    expect(await networksOf('old-api')).toEqual({ a: address('api', 'a') })
    expect(await networksOf('old-web')).toEqual({ a: address('web', 'a') })
  })

  test('from slot b to a, where the new ones are in b as well', async () => {
    await makeAll('b')
    await effect('a', 'hide_new api=new web=new && hide_new api=new web=new')
    await start('new-api')
    expect(await finds('old-web', 'api')).toEqual([address('api', 'b')])
    expect(await finds('new-api', 'web')).toEqual([address('web', 'b')])

    await effect('a', 'show_new api=new && hide_old api=new')
    const there = await networksOf('new-api')
    expect(there['a']).toBe(address('api', 'a'))
    expect(await networksOf('old-api')).toEqual({ b: address('api', 'b') })
    expect(await finds('old-web', 'api')).toEqual([there['b']])
    await effect('a', 'stop_old api=new')

    await start('new-web')
    expect(await finds('new-web', 'api')).toEqual([address('api', 'a')])
    await effect('a', 'come_back 20 api && retire_new api=new')
    expect(await finds('old-web', 'api')).toEqual([address('api', 'b')])
  })

  test('what served comes back before who asks it, where the new one can not answer', async () => {
    await makeAll('a')
    await effect('b', `mkdir -p $stack/edge/slots/a && ln -s slots/a $stack/edge/live && mkdir $stack/edge/slots/b`)
    await effect('b', 'hide_new api=new web=new && roll_edge a api web')
    for (const service of ['api', 'web']) {
      await start(`new-${service}`)
      await effect('b', `show_new ${service}=new && lead_service b ${service} && stop_old ${service}=new`)
    }
    const running = (who: string) => docker('inspect', '--format', '{{.State.Running}}', `${project}-${who}`)
    await effect('b', 'come_back 20 web api=new')
    expect([await running('old-web'), await running('old-api')]).toEqual(['true', 'false'])

    await docker('stop', `${project}-old-web`)
    await docker('kill', `${project}-new-api`)
    await effect('b', 'come_back 20 web api=new')
    expect([await running('old-web'), await running('old-api')]).toEqual(['true', 'true'])
    expect(await effect('b', 'ls $stack/edge/live/')).toBe('web.b\n')
  })

  test('one that fails its proof is stopped, and not tried again; one that could not be started is', async () => {
    await makeAll('a')
    const fails = 'prove_all() { return 1; }; ! try_new 1'
    await effect('b', `${fails} api=new`)
    expect(await effect('b', 'try_new 20 api=new')).toBe('')

    await start('new-web')
    await effect('b', `${fails} web=new`)
    expect(await docker('inspect', '--format', '{{.State.Running}}', `${project}-new-web`)).toBe('false')
    expect(await effect('b', '! try_new 20 web=new')).toBe('the new web has failed its proof in this transaction\n')
  })
})
