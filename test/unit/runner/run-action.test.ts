import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const program = join(import.meta.dirname, 'actions', 'deploy.ts')
let folder: string

// Each test starts a process of its own.
vi.setConfig({ testTimeout: 30_000 })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'estiba-runner-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Runs the action as a runner does, in an environment of nothing but `env`. */
async function run(
  env: Readonly<Record<string, string>>,
  onOutput: (text: string, pid: number) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', program], { env })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    onOutput(text, child.pid ?? 0)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

function withInputs(how: string): Record<string, string> {
  return { INPUT_HOW: how, INPUT_KEY: 'hunter2' }
}

/** The file commands of the runner: path by name, and what was written there. */
async function commandFile(name: string): Promise<{ env: Record<string, string>; text: () => Promise<string> }> {
  const path = join(folder, `${name}-${Math.random().toString(36).slice(2)}`)
  await writeFile(path, '')
  const text = async (): Promise<string> => (await readFile(path, 'utf8')).replace(/ghadelimiter_[\w-]+/g, 'END')
  return { env: { [name]: path }, text }
}

test('without any environment it names every missing input, and nothing else', async () => {
  expect(await run({})).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": "",
      "stdout": "::save-state name=isPost::true
    ::error::2 inputs need a change:%0A  how: is required%0A  key: is required; is the secret set, and may this job read it?
    ",
    }
  `)
})

test('a success publishes its outputs', async () => {
  const output = await commandFile('GITHUB_OUTPUT')
  const state = await commandFile('GITHUB_STATE')
  const ended = await run({ ...withInputs('well'), ...output.env, ...state.env, GITHUB_REPOSITORY: 'octo/shop' })
  expect(ended.code).toBe(0)
  expect(await output.text()).toMatchInlineSnapshot(`
    "release<<END
    r-1
    octo/shop
    END
    "
  `)
  expect(await state.text()).toMatchInlineSnapshot(`
    "isPost<<END
    true
    END
    hasInputs<<END
    true
    END
    done<<END
    yes
    END
    "
  `)
  expect(ended.stdout).toMatchInlineSnapshot(`
    "::add-mask::hunter2
    ::add-mask::aHVudGVyMg==
    ::add-mask::aHVudGVyM
    ::add-mask::h1bnRlcj
    ::add-mask::odW50ZXIy
    ::add-mask::68756e74657232
    ::add-mask::68756E74657232
    about to deploy
    : :set-output name=x::injected
    "
  `)
})

test.each([
  ['usage', '::error::path: write an absolute path'],
  ['step', '::error::pull the images on deploy@shop: no space left (exit code 1)'],
])('a %s error is its message, without a stack, and publishes nothing', async (how, message) => {
  const output = await commandFile('GITHUB_OUTPUT')
  const { code, stdout, stderr } = await run({ ...withInputs(how), ...output.env })
  expect({ code, stderr, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({ code: 1, stderr: '', last: message })
  expect(await output.text()).toBe('')
})

test.each([
  ['bug', 'TypeError: undefined is not a function'],
  ['later', 'Error: out of nowhere'],
  ['rejection', 'Error: nobody waits for me'],
])('what nobody foresaw (%s) is called a bug, with its stack', async (how, message) => {
  const { code, stdout, stderr } = await run(withInputs(how))
  const last = stdout.trimEnd().split('\n').at(-1)
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(last).toContain(`::error::This is a bug in the action, please report it.%0A${message}%0A    at `)
  expect(last).toContain('deploy.ts')
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s aborts the signal of the job, which then fails', async (name) => {
  const { code, stdout, stderr } = await run(withInputs('cancel'), (text, pid) => {
    if (text.includes('waiting')) process.kill(pid, name)
  })
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(stdout).toContain(`::error::run: the job was cancelled (${name})`)
})

test('a step that does not hear of its cancellation is ended before the runner would', async () => {
  let cancelledAt = 0
  const { code, stdout } = await run(withInputs('deaf'), (text, pid) => {
    if (!text.includes('waiting')) return
    cancelledAt = performance.now()
    process.kill(pid, 'SIGINT')
  })
  expect(code).toBe(1)
  expect(stdout).toContain('::error::run: the job was cancelled (SIGINT)')
  expect(performance.now() - cancelledAt).toBeLessThan(7400)
})

test('chapters fold, tell their time, and lie flat within each other', async () => {
  const { stdout } = await run(withInputs('chapters'))
  const log = stdout.split('\n').slice(stdout.split('\n').findIndex((line) => line.startsWith('::group')))
  expect(log.join('\n').replace(/\d\.\d s/g, 'N s')).toMatchInlineSnapshot(`
    "::group::Pull::the images
    web
    web: N s
    pulled
    ::endgroup::
    Pull::the images: N s
    ::group::Start them
    ::endgroup::
    Start them: failed after N s
    ::error::no
    "
  `)
})

test('annotations and the summary', async () => {
  const summary = await commandFile('GITHUB_STEP_SUMMARY')
  const { stdout } = await run({ ...withInputs('annotate'), ...summary.env })
  expect(stdout.split('\n').filter((line) => /^::(?:notice|warning|error)/.test(line))).toMatchInlineSnapshot(`
    [
      "::notice::one%0A: :error::two",
      "::warning::50 %25 full",
      "::error::full",
    ]
  `)
  expect(await summary.text()).toBe('| a |\nmore\n')
})

test('a summary without a place for it is no failure', async () => {
  expect(await run(withInputs('annotate'))).toMatchObject({ code: 0, stderr: '' })
})

test('the post step sees what the main step kept', async () => {
  const state = { STATE_isPost: 'true', STATE_hasInputs: 'true' }
  const well = await run({ ...withInputs('well'), ...state, STATE_done: 'yes' })
  expect(well).toMatchObject({ code: 0, stderr: '' })
  expect(well.stdout).toContain('after: yes\n')
  const broken = await run({ ...withInputs('well'), ...state, STATE_done: 'broken' })
  expect(broken).toMatchObject({ code: 1, stderr: '' })
  expect(broken.stdout).toContain('::error::post failed')
})

test('the post step of a main step that had no valid inputs does nothing', async () => {
  expect(await run({ STATE_isPost: 'true' })).toEqual({ code: 0, stdout: '', stderr: '' })
})
