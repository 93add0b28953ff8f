import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { command, script } from '../../../src/command/command.ts'
import { runLocal } from '../../../src/command/local.ts'
import { StepError } from '../../../src/errors.ts'

const env = { PATH: process.env['PATH'] }

test('tells exit code and output', async () => {
  expect(await runLocal(script('echo out; echo err >&2; exit 3'), { env })).toEqual({
    code: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  })
})

test('arguments and programs go past any shell', async () => {
  expect((await runLocal(command('printf', '[%s]', '', "it's", '$HOME', '*', 'a b'), { env })).stdout).toBe(
    "[][it's][$HOME][*][a b]",
  )
})

test('the environment is the one that is given', async () => {
  const { stdout } = await runLocal(command('env'), { env: { ...env, ONLY: 'this', NOT: undefined } })
  expect(stdout.split('\n').filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual([
    `PATH=${env.PATH ?? ''}`,
    'ONLY=this',
    '',
  ])
})

test('the working folder is the one that is given', async () => {
  expect((await runLocal(command('pwd'), { env, cwd: '/' })).stdout).toBe('/\n')
})

test('stdin is passed on, and ends where there is none', async () => {
  expect((await runLocal({ argv: ['cat'], stdin: 'secret' }, { env })).stdout).toBe('secret')
  expect((await runLocal(command('cat'), { env })).stdout).toBe('')
})

test('a program that never reads its stdin does no harm, however much there is', async () => {
  expect(await runLocal({ argv: ['false'], stdin: 'x'.repeat(4_000_000) }, { env })).toMatchObject({ code: 1 })
})

test("what a program reads is nobody else's to read, and is gone afterwards", async () => {
  const stat = await runLocal({ argv: ['stat', '-L', '-c', '%a', '/dev/stdin'], stdin: 'secret' }, { env })
  expect(stat.stdout).toBe('600\n')
  const link = await runLocal({ argv: ['readlink', '/proc/self/fd/0'], stdin: 'secret' }, { env })
  expect(existsSync(link.stdout.trim())).toBe(false)
})

test('streams by lines, across cut characters and without a last line end, and then collects nothing', async () => {
  const lines: string[] = []
  const onStdoutLine = (line: string): void => void lines.push(line)
  const outcome = await runLocal(script("printf 'a\\303'; sleep 0.1; printf '\\274b\\n\\nc'; echo err >&2"), {
    env,
    onStdoutLine,
  })
  expect(lines).toEqual(['aüb', '', 'c'])
  expect(outcome).toEqual({ code: 0, stdout: '', stderr: 'err\n' })
})

test('a program that is missing says how to come by it', async () => {
  const missing = async (program: string): Promise<string> => {
    const error: unknown = await runLocal(command(program), { env }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StepError)
    return String(error)
  }
  expect(await missing('no-such-program')).toMatchInlineSnapshot(`
    "StepError: run no-such-program on the runner: it is not installed, or not on the PATH
    Next: install no-such-program on this runner, in a step before this one"
  `)
  expect(await missing('/no/such/program')).toMatchInlineSnapshot(`
    "StepError: run /no/such/program on the runner: there is no such file
    Next: install /no/such/program on this runner, in a step before this one"
  `)
})

test('a program that was killed is no exit code', async () => {
  await expect(runLocal(script('echo why >&2; kill -9 $$'), { env })).rejects.toThrow(/killed by a signal[^]*why/)
})
