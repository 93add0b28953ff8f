import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { output } from '../../support/lab/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'estiba-rootless-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

test('a pull with a login of its own asks the engine that a context leads to', async () => {
  const [home, tx, socket] = [join(folder, 'home'), join(folder, 'tx'), join(folder, 'docker.sock')]
  mkdirSync(home)
  mkdirSync(join(tx, 'docker'), { recursive: true })
  writeFileSync(join(tx, 'docker/config.json'), '{"auths":{}}')
  symlinkSync('/var/run/docker.sock', socket)
  const env = { HOME: home, DOCKER_CONFIG: '', DOCKER_HOST: '', ESTIBA_TX: tx }
  await output(['docker', 'context', 'create', 'rootless', '--docker', `host=unix://${socket}`], { env })
  await output(['docker', 'context', 'use', 'rootless'], { env })
  const asked = `compose() { docker context inspect --format '{{.Endpoints.docker.Host}}'; docker version --format '{{.Server.Os}}'; }`
  const program = `project=shop stack=${folder} release=v1 variant=plain\n${effectsProgram}\n${asked}\npull api`
  expect(await output(['sh', '-c', program], { env })).toBe(`unix://${socket}\nlinux`)
})
