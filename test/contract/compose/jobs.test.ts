import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { docker } from '../../support/lab/docker.ts'
import { run } from '../../support/lab/process.ts'
import { buildTinyImage } from '../../support/tiny-image.ts'

const name = `jobs-${randomBytes(4).toString('hex')}`
const folder = mkdtempSync(join(tmpdir(), 'estiba-jobs-'))
const image = `${name}:1`
const containers: string[] = []

beforeAll(async () => {
  await buildTinyImage(image)
})
afterAll(async () => {
  for (const container of containers) await docker('rm', '--force', container)
  await docker('image', 'rm', '--force', image)
  rmSync(folder, { recursive: true })
})

/** Makes the containers that a step finds, and runs them as it does. */
async function runJobs(
  seconds: number,
  jobs: Readonly<Record<string, { readonly does: string; readonly tries?: number }>>,
) {
  const project = `${name}-${containers.length}`
  for (const [service, { does }] of Object.entries(jobs)) {
    const labels = {
      'com.docker.compose.project': project,
      'com.docker.compose.service': service,
      'com.docker.compose.oneoff': 'False',
      'estiba.definition': 'new',
      'estiba.slot': 'plain',
    }
    const container = `${project}-${service}`
    containers.push(container)
    const labelled = Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`])
    await docker('create', '--name', container, ...labelled, image, 'sh', '-c', does)
  }
  const wanted = Object.entries(jobs).map(([service, { tries = 1 }]) => `${service}=new:${tries}`)
  const program = `project=${project} stack=${folder} release=v1 variant=plain\n${effectsProgram}\nrun_jobs ${seconds} ${wanted.join(' ')}`
  const { code, stdout } = await run(['sh', '-c', program], { env: { ESTIBA_TX: folder } })
  return { project, code, stdout }
}

const count = 'echo x >>/count; n=$(wc -l </count)'

test('all have completed when it ends, and they ran at once', async () => {
  const waits = 'sleep 1; echo done'
  const { project, code } = await runJobs(60, { one: { does: waits }, two: { does: waits } })
  expect(code).toBe(0)
  for (const service of ['one', 'two']) expect(await docker('logs', `${project}-${service}`)).toBe('done')
  const [began, ended] = await Promise.all(
    [['one', 'FinishedAt'] as const, ['two', 'StartedAt'] as const].map(async ([service, at]) =>
      docker('inspect', '--format', `{{.State.${at}}}`, `${project}-${service}`),
    ),
  )
  expect((began ?? '') > (ended ?? '')).toBe(true)
})

test('one that fails fails the step, with its code and last words', async () => {
  const { code, stdout } = await runJobs(60, { fine: { does: 'true' }, bad: { does: 'echo no such table; exit 3' } })
  expect(code).toBe(1)
  expect(stdout).toContain('bad (')
  expect(stdout).toContain('exit code 3')
  expect(stdout).toContain('no such table')
  expect(stdout).not.toContain('not completed')
})

test('is begun anew as often as it may', async () => {
  const third = `${count}; [ "$n" = 3 ]`
  expect((await runJobs(60, { third: { does: third, tries: 3 } })).code).toBe(0)
  expect((await runJobs(60, { third: { does: third, tries: 2 } })).code).toBe(1)
})

test('has only so long', async () => {
  const { code, stdout } = await runJobs(2, { slow: { does: 'echo still at it; sleep 60', tries: 9 } })
  expect(code).toBe(1)
  expect(stdout).toContain('not completed within 2 s:')
  expect(stdout).toContain('still at it')
})

test('what is not there is named', async () => {
  expect(await runJobs(5, {})).toMatchObject({ code: 0 })
  const program = `project=${name} stack=${folder} release=v1 variant=plain\n${effectsProgram}\nrun_jobs 5 seed=new:1`
  expect(await run(['sh', '-c', program])).toMatchObject({ code: 1, stdout: 'the new seed is gone\n' })
})
