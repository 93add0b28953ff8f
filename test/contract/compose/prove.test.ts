import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { docker } from '../../support/lab/docker.ts'
import { run } from '../../support/lab/process.ts'
import { buildImage, buildTinyImage } from '../../support/tiny-image.ts'

const name = `prove-${randomBytes(4).toString('hex')}`
const folder = mkdtempSync(join(tmpdir(), 'estiba-prove-'))
const containers: string[] = []
/** One has a shell, the other nothing but the program that it runs. */
const images = { shell: `${name}:shell`, bare: `${name}:bare` }

beforeAll(async () => {
  await buildTinyImage(images.shell)
  await buildImage(images.bare, 'FROM scratch\nCOPY busybox /busybox\nCMD ["/busybox", "sleep", "600"]\n')
})
afterAll(async () => {
  for (const container of containers) await docker('rm', '--force', container)
  for (const image of Object.values(images)) await docker('image', 'rm', '--force', image)
  rmSync(folder, { recursive: true })
})

/** Creates a container with a health check, and proves it as a step of a plan does. */
async function prove(image: string, options: readonly string[], command: readonly string[] = [], seconds = 20) {
  const container = `${name}-${containers.length}`
  containers.push(container)
  await docker('create', '--name', container, ...options, image, ...command)
  const program = `project=${name} stack=${folder} release=v1 variant=plain\n${effectsProgram}\nprove_all ${seconds} started ${container}`
  return { container, ...(await run(['sh', '-c', program], { env: { ESTIBA_TX: folder } })) }
}

const check = (words: string): readonly string[] => ['--health-cmd', words, '--health-interval', '1h']

test('three answers in a row are enough, whatever came before', async () => {
  const counts = 'echo x >>/count; n=$(wc -l </count); echo "asked $n"; [ "$n" != 2 ] && [ "$n" -ge 1 ]'
  const { container, code } = await prove(images.shell, check(counts))
  expect(code).toBe(0)
  expect(await docker('exec', container, 'wc', '-l', '/count')).toMatch(/^5 /)
})

test('a check of an image without a shell is asked as it is', async () => {
  const fine = await prove(images.bare, [])
  expect(fine.code).toBe(0)
  await buildImage(images.bare, `FROM ${images.bare}\nHEALTHCHECK --interval=1h CMD ["/busybox", "true"]\n`)
  expect((await prove(images.bare, [])).code).toBe(0)
  await buildImage(images.bare, `FROM ${images.bare}\nHEALTHCHECK --interval=1h CMD ["/busybox", "false"]\n`)
  const bad = await prove(images.bare, [], [], 1)
  expect(bad.code).toBe(1)
  expect(bad.stdout).toContain('not healthy within 1 s:')
})

test('one that never answers is given up, with what its check said last', async () => {
  const { code, stdout } = await prove(images.shell, check('echo "no database"; false'), [], 2)
  expect(code).toBe(1)
  expect(stdout).toContain('not healthy within 2 s:')
  expect(stdout).toContain('its health check said: no database\n')
})

test('a slow check is given up, too, with what it said last, and goes on no more', async () => {
  const { container, code, stdout } = await prove(images.shell, check('sleep 1; echo "no database"; false'), [], 2)
  expect(code).toBe(1)
  expect(stdout).toContain('its health check said: no database\n')
  expect(await docker('top', container)).not.toContain('streak')
})

test('what its health check told the engine is told, too, and where there is more', async () => {
  const often = ['--health-cmd', 'echo "no license"; exit 3', '--health-interval', '100ms', '--health-retries', '1']
  const { container, stdout } = await prove(images.shell, often, ['sh', '-c', 'echo hello; exec sleep 600'], 3)
  expect(stdout).toMatch(
    /the health checks of the engine:\n(exit code 3\nno license\n)+its health check said: no license/,
  )
  expect(stdout).toContain(`the last lines of ${container}:\nhello\n`)
  expect(stdout).toMatch(
    /is running, exit code 0, killed for memory: false, restarts: 0\nmore on the host: docker logs /,
  )
  expect(stdout.trim().split('\n').at(-1)).toContain(`docker logs ${container}, docker inspect ${container}`)
})

test('one that was killed for its memory, and one that can not be started, say so', async () => {
  const greedy = await prove(
    images.shell,
    ['--memory', '64m', '--memory-swap', '64m'],
    ['sh', '-c', 'tail /dev/zero; exit'],
  )
  expect(greedy.stdout).toContain('killed for memory: true')
  const missing = await prove(images.shell, [], ['no-such-program'])
  expect(missing.code).toBe(1)
  expect(missing.stdout).toMatch(/exit code 127, .*the engine said: .*no-such-program/)
})

test('of long logs the last lines are told that fit, none of them cut', async () => {
  const noise = 'for n in $(seq 30); do echo "password=hunter2-$n $(head -c 300 /dev/zero | tr "\\0" x)"; done; exit 1'
  const { stdout } = await prove(images.shell, [], ['sh', '-c', noise])
  const told = stdout.split('\n').filter((line) => line.includes('hunter2'))
  expect(told.length).toBeGreaterThan(3)
  expect(told.length).toBeLessThan(15)
  expect(told.filter((line) => !/^password=hunter2-\d+ x{300}$/.test(line))).toEqual([])
  expect(told.at(-1)).toMatch(/^password=hunter2-30 /)
})

test('one that ends has failed at once, and says with what code', async () => {
  const from = performance.now()
  const { code, stdout } = await prove(
    images.shell,
    check('false'),
    ['sh', '-c', 'echo no license; sleep 0.5; exit 7'],
    60,
  )
  expect(code).toBe(1)
  expect(stdout).toContain('exit code 7')
  expect(stdout).toContain('no license')
  expect(performance.now() - from).toBeLessThan(30_000)
})

test('without a check it is enough that it runs', async () => {
  expect((await prove(images.shell, ['--no-healthcheck'])).code).toBe(0)
  expect((await prove(images.shell, ['--no-healthcheck'], ['sh', '-c', 'sleep 0.2'])).code).toBe(1)
})
