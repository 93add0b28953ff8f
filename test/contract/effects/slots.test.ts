import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { slotSubnets } from '../../../src/edge/subnets.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { observe } from '../../../src/stack/observe.ts'
import { docker } from '../../support/lab/docker.ts'
import { LocalRemote } from '../../support/local-remote.ts'
import { buildTinyImage } from '../../support/tiny-image.ts'

const project = `slots-${randomBytes(4).toString('hex')}`
const other = `${project}-other`

const image = `${project}:1`

beforeAll(async () => {
  await buildTinyImage(image)
})
afterAll(async () => {
  await docker(
    'rm',
    '--force',
    ...['db', 'stopped', 'web', 'stranger', 'left', 'old-1', 'old-2', 'old-3', 'new'].map(
      (name) => `${project}-${name}`,
    ),
  )
  await docker('image', 'rm', '--force', image)
  const made = await docker('network', 'ls', '--quiet', '--filter', `name=${project}`)
  for (const network of made.split('\n').filter(Boolean)) await docker('network', 'rm', network)
})

/** Runs one effect as a step of the agent does. */
function effect(line: string): Promise<{ readonly code: number; readonly output: string }> {
  const program = `project=${project} stack=/nowhere release=v1 variant=a\n${effectsProgram}\n${line}`
  return new Promise((resolve) => {
    execFile('sh', ['-c', program], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: `${stderr}${stdout}` })
    })
  })
}

async function look(): Promise<Observation> {
  await using remote = new LocalRemote()
  return await observe(remote, { name: project, path: '/nowhere' })
}

async function subnets(): Promise<{ readonly a: string; readonly b: string }> {
  const { networks, routes } = await look()
  return slotSubnets(project, networks, routes)
}

test('addresses that another stack has got since are told by an exit code; planned again, there are others', async () => {
  const first = await subnets()
  await docker('network', 'create', '--subnet', first.b, other)
  const { code, output } = await effect(`make_slots ${first.a} ${first.b}`)
  expect(code).toBe(75)
  expect(output.trim().split('\n').at(-1)).toBe(`another network has got ${first.b} since this was planned`)

  // The one that was made is kept, and only the other one is chosen anew.
  const second = await subnets()
  expect(second.a).toBe(first.a)
  expect(second.b).not.toBe(first.b)
  expect(await effect(`make_slots ${second.a} ${second.b}`)).toEqual({ code: 0, output: '' })
  expect(await effect(`make_slots ${second.a} ${second.b}`)).toEqual({ code: 0, output: '' })
  expect(await subnets()).toEqual(second)
})

test('a network of the name with other addresses is made anew, unless a release runs in it, or somebody else is in it', async () => {
  const { a, b } = await subnets()
  const network = `${project}_slot-b`
  const remade = async (): Promise<void> => {
    await docker('network', 'rm', network)
    await docker('network', 'create', '--subnet', '10.219.250.0/24', network)
  }
  const run = (name: string, labels: Readonly<Record<string, string>>): Promise<string> => {
    const given = Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`])
    return docker('run', '--detach', '--name', `${project}-${name}`, '--network', network, ...given, image)
  }
  const own = { 'com.docker.compose.project': project, 'com.docker.compose.oneoff': 'False' }
  await remade()
  expect(slotSubnets(project, (await look()).networks, [], { a, b })).toEqual({ a, b })

  await run('web', { ...own, 'com.docker.compose.service': 'web', 'estiba.slot': 'b' })
  const serving = await effect(`make_slots ${a} ${b}`)
  expect([serving.code, serving.output]).toEqual([1, expect.stringContaining('containers of the stack run in it')])
  await docker('rm', '--force', `${project}-web`)

  await run('stranger', {})
  const shared = await effect(`make_slots ${a} ${b}`)
  expect([shared.code, shared.output]).toEqual([1, expect.stringContaining('others are in it')])
  await docker('rm', '--force', `${project}-stranger`)

  await run('db', { ...own, 'com.docker.compose.service': 'db' })
  expect(await effect(`make_slots ${a} ${b}`)).toEqual({ code: 0, output: '' })
  expect(await effect(`make_slots ${a} ${b} && join_slots db`)).toEqual({ code: 0, output: '' })
  const seen = await look()
  expect(seen.networks.find(({ name }) => name === network)?.subnets).toEqual([b])
  expect(seen.containers[0]?.networks).toEqual([`${project}_slot-a`, network])
  await docker('rm', '--force', `${project}-db`)
})

test('what does not run goes, and what runs stays', async () => {
  const labels = ['project', 'service', 'oneoff'].flatMap((name, index) => [
    '--label',
    `com.docker.compose.${name}=${[project, 'web', 'False'][index] ?? ''}`,
  ])
  await docker('run', '--detach', '--name', `${project}-web`, ...labels, image)
  await docker('create', '--name', `${project}-left`, ...labels, image)
  expect(await effect('remove_idle web')).toEqual({ code: 0, output: '' })
  expect(await effect('remove_idle web')).toEqual({ code: 0, output: '' })
  expect((await look()).containers.map(({ name }) => name)).toEqual([`/${project}-web`])
  await docker('rm', '--force', `${project}-web`)
})

test('what joins the slots is seen to be in both, and what does not run is let alone', async () => {
  const labels = ['--label', `com.docker.compose.project=${project}`, '--label', 'com.docker.compose.oneoff=False']
  const db = ['--label', 'com.docker.compose.service=db']
  await docker('run', '--detach', '--name', `${project}-db`, ...labels, ...db, image)
  await docker('create', '--name', `${project}-stopped`, '--network', 'none', ...labels, ...db, image)
  const networks = async () =>
    (await look()).containers.map(({ name, networks }) => [name.replace(`/${project}-`, ''), networks])
  expect(await networks()).toEqual([
    ['stopped', ['none']],
    ['db', ['bridge']],
  ])
  expect(await effect('join_slots db')).toEqual({ code: 0, output: '' })
  expect(await effect('join_slots db')).toEqual({ code: 0, output: '' })
  expect(await networks()).toEqual([
    ['stopped', ['none']],
    ['db', ['bridge', `${project}_slot-a`, `${project}_slot-b`]],
  ])
  await docker('rm', '--force', `${project}-db`, `${project}-stopped`)
})

test('what is in no slot is a guest in one, as it runs and without a name there, until it leaves', async () => {
  const { b } = await subnets()
  const network = `${project}_slot-b`
  const name = (each: string): string => `${project}-${each}`
  const labels = {
    'com.docker.compose.project': project,
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.service': 'web',
  }
  const make = (how: readonly string[], each: string, more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const given = Object.entries({ ...labels, ...more }).flatMap(([label, value]) => ['--label', `${label}=${value}`])
    return docker(...how, '--name', name(each), ...given, image)
  }
  await make(['run', '--detach', '--expose', '3000'], 'old-1')
  await make(['run', '--detach'], 'old-2')
  await make(['create'], 'old-3')
  await make(['run', '--detach', '--network', network], 'new', { 'estiba.slot': 'b' })
  expect((await look()).containers.map(({ exposed }) => exposed)).toContainEqual({ '3000/tcp': {} })
  const names = ['new', 'old-1', 'old-2', 'old-3'].map(name)
  const inside = async (): Promise<string> =>
    docker(
      'inspect',
      '--format',
      `{{with index .NetworkSettings.Networks "${network}"}}{{.IPAddress}} {{.Aliases}}{{else}}-{{end}}`,
      ...names,
    )
  const lives = (): Promise<string> =>
    docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}} {{.State.Pid}}', ...names)
  const [before, running] = [await inside(), await lives()]
  const [fresh] = before.split('\n')
  const [first, second] = ['10', '11'].map((host) => b.replace('0/24', host))

  for (const addresses of [`${first},${second},${b.replace('0/24', '12')}`, `${first},${second}`]) {
    expect(await effect(`admit_old b web=${addresses}`)).toEqual({ code: 0, output: '' })
    expect((await inside()).split('\n').sort()).toEqual([fresh, `${first} []`, `${second} []`, '-'].sort())
  }
  expect(await effect(`admit_old b web=${first}`)).toEqual({ code: 0, output: '' })
  expect((await inside()).split('\n').sort()).toEqual([fresh, `${first} []`, '-', '-'].sort())
  expect(await lives()).toBe(running)

  // Also one that has stopped since.
  await docker('stop', '--time', '0', ...['old-1', 'old-2'].map(name))
  for (let turn = 0; turn < 2; turn++) expect(await effect('leave_slot b web api')).toEqual({ code: 0, output: '' })
  expect(await inside()).toBe(before)
  await docker('rm', '--force', ...names)
})

test('replicas get their addresses before they are started, and are found by their service there', async () => {
  const { a } = await subnets()
  const names = ['web-1', 'web-2'].map((name) => `${project}-${name}`)
  const labels = {
    'com.docker.compose.project': project,
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.service': 'web',
    'estiba.definition': 'new',
    'estiba.slot': 'a',
  }
  const labelled = Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`])
  for (const name of names) await docker('create', '--name', name, '--network', `${project}_slot-a`, ...labelled, image)
  const addresses = ['10', '12'].map((host) => a.replace('0/24', host))
  expect(await effect(`place_new web=new:${addresses.join(',')}`)).toEqual({ code: 0, output: '' })
  await docker('start', ...names)
  const template = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Aliases}}{{end}}'
  const found = await docker('inspect', '--format', template, ...names)
  expect(found.split('\n').sort()).toEqual(addresses.map((address) => `${address} [web]`))
  // A third place and no container for it: nothing is started then.
  expect((await effect(`place_new web=new:${addresses.join(',')},${a.replace('0/24', '13')}`)).code).toBe(1)
  await docker('rm', '--force', ...names)
})

test('what the engine refuses for another reason is a failure like any', async () => {
  await docker('network', 'rm', `${project}_slot-b`)
  const { code, output } = await effect('make_slots 10.213.0.0/24 10.219.255.0/33')
  expect(code).toBe(1)
  expect(output).not.toContain('since this was planned')
})
