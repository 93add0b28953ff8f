import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { output, run } from '../../support/lab/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'estiba-pull-'))
const name = `pf-pull-${randomBytes(4).toString('hex')}`
/** One that this host can run, and one that it can't, unless it is a mainframe or emulates one. */
const images = { own: `${name}:own`, s390x: `${name}:s390x` }
const tx = join(folder, 'tx')

beforeAll(async () => {
  mkdirSync(join(folder, 'project'))
  mkdirSync(tx)
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nLABEL estiba.test=pull\n')
  const host = await output(['docker', 'version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'])
  await output(['docker', 'build', '--quiet', '--platform', host, '--tag', images.own, folder])
  await output(['docker', 'build', '--quiet', '--platform', 'linux/s390x', '--tag', images.s390x, folder])
})
afterAll(async () => {
  await run(['docker', 'image', 'rm', '--force', images.own, images.s390x])
  rmSync(folder, { recursive: true })
})

/** Runs `pull` of the effects for images that are here already. */
async function pull(services: Readonly<Record<string, string>>) {
  const host = await output(['docker', 'version', '--format', '{{.Server.Arch}}'])
  const wanted = Object.entries(services).map(([service, image]) => `${service}=${image}`)
  const program = `project=${name} stack=${folder} release=v1 variant=plain\n${effectsProgram}\ncompose() { true; }\npull ${host} ${wanted.join(' ')}`
  return run(['sh', '-c', program], { env: { ESTIBA_TX: tx } })
}

test('an image for another processor ends the pull, by name', async () => {
  const { code, stdout } = await pull({ api: images.own, web: images.s390x })
  expect(code).toBe(1)
  expect(stdout).toMatch(
    new RegExp(`^${images.s390x} is for s390x, and this host is \\w+: build it for \\w+, or take another image\n$`),
  )
  expect(await pull({ api: images.own })).toMatchObject({ code: 0, stdout: '' })
})

test('a pull with a login of its own asks the engine that a context leads to', async () => {
  const [home, socket] = [join(folder, 'home'), join(folder, 'docker.sock')]
  mkdirSync(home)
  mkdirSync(join(tx, 'docker'))
  writeFileSync(join(tx, 'docker/config.json'), '{"auths":{}}')
  symlinkSync('/var/run/docker.sock', socket)
  const env = { HOME: home, DOCKER_CONFIG: '', DOCKER_HOST: '', ESTIBA_TX: tx }
  await output(['docker', 'context', 'create', 'rootless', '--docker', `host=unix://${socket}`], { env })
  await output(['docker', 'context', 'use', 'rootless'], { env })
  const compose = `compose() { docker context inspect --format '{{.Endpoints.docker.Host}}'; }`
  const program = `project=shop stack=${folder} release=v1 variant=plain\n${effectsProgram}\n${compose}\npull amd64 api=none`
  expect(await output(['sh', '-c', program], { env })).toBe(`unix://${socket}`)
})
