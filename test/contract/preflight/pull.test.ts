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

/** Runs `pull` of the effects on a compose file, whose images are here already. */
function pull(services: Readonly<Record<string, { readonly image: string }>>, ...names: readonly string[]) {
  const file = join(folder, 'compose.json')
  writeFileSync(file, JSON.stringify({ services }))
  const compose = `compose() { case $1 in pull) true ;; *) docker compose --project-name ${name} --file ${file} "$@" ;; esac; }`
  const program = `project=${name} stack=${folder} release=v1 variant=plain\n${effectsProgram}\n${compose}\npull ${names.join(' ')}`
  return run(['sh', '-c', program], { env: { ESTIBA_TX: tx } })
}

test('an image for another processor ends the pull, by name', async () => {
  const services = { api: { image: images.own }, web: { image: images.s390x } }
  const { code, stdout } = await pull(services, 'api', 'web')
  expect(code).toBe(1)
  expect(stdout).toMatch(
    new RegExp(`^${images.s390x} is for s390x, and this host is \\w+: build it for \\w+, or take another image\n$`),
  )
  expect(await pull(services, 'api')).toMatchObject({ code: 0, stdout: '' })
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
  const compose = `compose() { [ "$1" = config ] || docker context inspect --format '{{.Endpoints.docker.Host}}'; }`
  const program = `project=shop stack=${folder} release=v1 variant=plain\n${effectsProgram}\n${compose}\npull api`
  expect(await output(['sh', '-c', program], { env })).toBe(`unix://${socket}`)
})
