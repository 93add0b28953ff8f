import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { docker } from '../../support/lab/docker.ts'
import { run } from '../../support/lab/process.ts'
import { buildTinyImage } from '../../support/tiny-image.ts'

const project = `kept-${randomBytes(4).toString('hex')}`
const image = `${project}:1`
const network = `${project}_default`
const stack = mkdtempSync(join(tmpdir(), 'estiba-kept-'))
const tx = join(stack, 'tx')

const ofProject = ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=com.docker.compose.project=${project}`]

async function removeAll(): Promise<void> {
  const left = (await docker(...ofProject)).split('\n').filter(Boolean)
  if (left.length > 0) await docker('rm', '--force', ...left)
}

beforeAll(async () => {
  await buildTinyImage(image)
  await docker('network', 'create', network)
})
beforeEach(async () => {
  await removeAll()
  rmSync(tx, { recursive: true, force: true })
  mkdirSync(tx)
  writeFileSync(join(tx, 'served'), '')
})
afterAll(async () => {
  await removeAll()
  await docker('network', 'rm', network)
  await docker('image', 'rm', '--force', image)
  rmSync(stack, { recursive: true })
})

/** Makes a container as Compose does it for a release, and returns its id. */
function create(name: string, definition: string, ...command: readonly string[]): Promise<string> {
  const labels = {
    'com.docker.compose.project': project,
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.service': 'web',
    'estiba.definition': definition,
    'estiba.slot': 'plain',
  }
  const labelled = Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`])
  const options = [
    '--stop-signal',
    'KILL',
    '--restart',
    'always',
    '--network',
    network,
    '--network-alias',
    'web',
    ...labelled,
  ]
  return docker('create', '--name', `${project}-${name}`, ...options, image, ...command)
}

/** Runs a line of a plan as a step of the agent does. */
async function effect(line: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const set = `project=${project} stack=${stack} release=v2 variant=plain; export ESTIBA_TX=${tx}`
  const { code, stdout, stderr } = await run(['sh', '-c', `${set}\n${effectsProgram}\n${line}`])
  return { code, output: `${stderr}${stdout}` }
}

async function seen(): Promise<readonly string[]> {
  const ids = (await docker(...ofProject)).split('\n').filter(Boolean)
  if (ids.length === 0) return []
  const format =
    '{{.Name}} {{.State.Status}} {{.HostConfig.RestartPolicy.Name}}{{range $name, $_ := .NetworkSettings.Networks}} {{$name}}{{end}}'
  const lines = (await docker('inspect', '--format', format, ...ids)).split('\n')
  return lines.map((line) => line.replaceAll(project, '').replace('/-', '')).sort()
}

test('what has run is kept, stopped, and meets nobody when it is started by hand; what has not, goes; what served stays', async () => {
  const served = await create('1', 'old')
  const same = await create('2', 'new')
  const ran = await create('3', 'new', 'sh', '-c', 'echo no license; exec sleep 600')
  await create('4', 'new')
  const broken = await create('5', 'new', 'no-such-program')
  await docker('start', served, same, ran)
  await docker('start', broken).catch(() => undefined)
  writeFileSync(join(tx, 'served'), `web ${served} always\nweb ${same} always\n`)
  const after = ['1 running always _default', '2 running always _default', '3 exited no none', '5 created no none']
  const said = ['3', '5'].map((name) => {
    const title = `${project}-${name}`
    return `kept, stopped, until the next deploy: ${title} (docker logs ${title})`
  })
  // Twice: a crash may come between the effect and its record.
  for (let time = 0; time < 2; time++) {
    const { code, output } = await effect('set_aside web=new')
    expect(code).toBe(0)
    expect(output.trim().split('\n').sort()).toEqual(said)
    expect(await seen()).toEqual(after)
  }
  expect(await docker('logs', `${project}-3`)).toBe('no license')

  await docker('start', ran)
  expect(await docker('exec', ran, 'ls', '/sys/class/net')).toBe('lo')
  expect(await seen()).toContain('3 running no none')
})

test('a crash that left it without any network is made up for', async () => {
  const ran = await create('1', 'new')
  await docker('start', ran)
  await docker('stop', ran)
  await docker('network', 'disconnect', network, ran)
  expect((await effect('set_aside web=new')).code).toBe(0)
  expect(await seen()).toEqual(['1 exited no none'])
})

test('current is guarded as long as there is something kept', async () => {
  const current = () => readlinkSync(join(stack, 'current'))
  await docker('start', await create('1', 'new'))
  await create('3', 'old')
  expect((await effect('lead_back releases/v1/plain web=new/plain web=other/a')).code).toBe(0)
  expect(current()).toBe('releases/v1/plain')
  await create('2', 'new')
  expect((await effect('lead_back releases/v1/plain web=new/plain web=other/a')).code).toBe(0)
  expect(current()).toBe('releases/v1/plain-guard')
})

test('what the plan saw is cleared, by definition and slot, and nothing that runs', async () => {
  const live = await create('1', 'old')
  await create('2', 'new')
  const started = await create('3', 'new')
  await docker('start', live, started)
  expect(await effect('clear_kept web=new/plain web=new/b')).toEqual({ code: 0, output: '' })
  expect(await effect('clear_kept web=new/plain')).toEqual({ code: 0, output: '' })
  expect(await seen()).toEqual(['1 running always _default', '3 running always _default'])
  await docker('stop', live)
  expect((await effect('clear_kept web=new/a')).code).toBe(0)
  expect(await seen()).toEqual(['1 exited always _default', '3 running always _default'])
})
