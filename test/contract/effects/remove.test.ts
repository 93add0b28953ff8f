import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { docker } from '../../support/lab/docker.ts'
import { buildTinyImage } from '../../support/tiny-image.ts'

const project = `remove-${randomBytes(4).toString('hex')}`
const image = `${project}-image:1`
let stack = ''

beforeAll(async () => {
  await buildTinyImage(image)
  stack = await mkdtemp(join(tmpdir(), 'estiba-remove-'))
})
afterAll(async () => {
  await rm(stack, { recursive: true, force: true })
  const lines = async (...args: readonly string[]) => (await docker(...args)).split('\n').filter(Boolean)
  const left = await lines('ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${project}`)
  if (left.length > 0) await docker('rm', '--force', ...left)
  for (const network of await lines('network', 'ls', '--quiet', '--filter', `name=${project}`))
    await docker('network', 'rm', network)
  await docker('image', 'rm', '--force', image)
})

/** Runs one effect as a step of the agent does. */
function effect(line: string): Promise<{ readonly code: number; readonly output: string }> {
  const program = `project=${project} stack=${stack} release=v1 variant=plain\n${effectsProgram}\n${line}`
  return new Promise((resolve) => {
    execFile('sh', ['-c', program], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: `${stderr}${stdout}` })
    })
  })
}

const done = { code: 0, output: '' }

/** Makes a container of a service as Compose would. */
async function make(service: string, ...args: readonly string[]): Promise<string> {
  const labels = { project, service, oneoff: 'False' }
  const labelled = Object.entries(labels).flatMap(([label, value]) => [
    '--label',
    `com.docker.compose.${label}=${value}`,
  ])
  return (await docker('create', ...labelled, ...args, image)).trim()
}

async function networksOf(container: string): Promise<readonly string[]> {
  const template = '{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}'
  return (await docker('inspect', '--format', template, container)).split('\n').filter(Boolean).sort()
}

async function networks(): Promise<readonly string[]> {
  const listed = await docker('network', 'ls', '--format', '{{.Name}}', '--filter', `name=${project}`)
  return listed.split('\n').filter(Boolean).sort()
}

test('stores leave the slots, running or not, and stay in their own network, which can start them again', async () => {
  const own = `com.docker.compose.project=${project}`
  for (const name of ['default', 'front']) await docker('network', 'create', '--label', own, `${project}_${name}`)
  for (const name of ['slot-a', 'slot-b']) await docker('network', 'create', `${project}_${name}`)
  await docker('network', 'create', `${project}-other_slot-a`)
  const stores = [
    await make('db', '--network', `${project}_default`),
    await make('redis', '--network', `${project}_default`),
  ]
  for (const store of stores)
    for (const slot of ['slot-a', 'slot-b']) await docker('network', 'connect', `${project}_${slot}`, store)
  const [running = '', stopped = ''] = stores
  await docker('start', running)

  expect(await effect('drop_networks')).toEqual(done)
  expect(await effect('drop_networks')).toEqual(done)
  expect(await networks()).toEqual([`${project}-other_slot-a`, `${project}_default`])
  for (const store of stores) expect(await networksOf(store)).toEqual([`${project}_default`])
  expect((await docker('inspect', '--format', '{{.State.Running}}', running)).trim()).toBe('true')
  await docker('start', stopped)

  await docker('rm', '--force', ...stores)
  expect(await effect('drop_networks')).toEqual(done)
  expect(await networks()).toEqual([`${project}-other_slot-a`])
})

test('what tells which containers are to go is not removed before them', async () => {
  const api = await make('api')
  expect(await effect('all_gone worker=gone')).toEqual(done)
  expect(await effect('all_gone worker=gone api=gone && echo on')).toEqual({
    code: 1,
    output: `still there: ${api} \n`,
  })
  expect((await effect('remove_old worker=gone api=gone && all_gone worker=gone api=gone')).code).toBe(0)
})

test('releases go, and of their files what no container mounts; data folders stay', async () => {
  const [mounted, other] = ['a'.repeat(64), 'b'.repeat(64)]
  for (const folder of [
    `files/${mounted}`,
    `files/${other}`,
    'releases/v1/a',
    'edge/slots/a',
    'project/data',
    'backups',
  ])
    await mkdir(join(stack, folder), { recursive: true })
  await writeFile(join(stack, 'files', mounted, 'init.sql'), '')
  await symlink('releases/v1/a', join(stack, 'current'))
  const db = await make('db', '--volume', `${join(stack, 'files', mounted, 'init.sql')}:/init.sql`)

  expect(await effect('forget_edge && forget_stack')).toEqual(done)
  expect((await readdir(stack)).sort()).toEqual(['backups', 'files', 'project', 'removed'])
  expect(await readdir(join(stack, 'files'))).toEqual([mounted])
  await docker('rm', db)
  expect(await effect('forget_edge && forget_stack')).toEqual(done)
  expect((await readdir(stack)).sort()).toEqual(['backups', 'project', 'removed'])
})

test('images go, unless another stack holds them', async () => {
  const tags = [`${image}-mine`, `${image}-theirs`]
  const ids: string[] = []
  for (const tag of tags) {
    const container = await make('image')
    ids.push((await docker('commit', '--change', `LABEL only=${tag}`, container, tag)).trim())
    await docker('rm', container)
  }
  const [mine = '', theirs = ''] = ids
  for (const id of ids) await effect(`hold_images ${id}=api.v1`)
  await docker('tag', mine, `estiba.invalid/held:${project}.web.v1.1`)
  await docker('tag', theirs, `estiba.invalid/held:${project}-other.api.v1`)

  expect((await effect(`let_all_go && forget_images ${tags.join(' ')} no-such-image`)).code).toBe(0)
  await expect(docker('image', 'inspect', mine)).rejects.toThrow(mine)
  const left = await docker('image', 'inspect', '--format', '{{range .RepoTags}}{{println .}}{{end}}', theirs)
  expect(left.split('\n').filter(Boolean).sort()).toEqual([`estiba.invalid/held:${project}-other.api.v1`, tags[1]])
  await docker('image', 'rm', '--force', theirs)
})
