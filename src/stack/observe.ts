import { observeProgram } from '../agent/programs.ts'
import { command, script } from '../command/command.ts'
import { StepError, UsageError } from '../errors.ts'
import { formatHost } from '../host/host.ts'
import type { Remote, RemoteOutcome } from '../host/remote.ts'
import { type Observation, parseObservation } from './observation.ts'
import { describeNoPosixShell, isNoPosixShell } from './shells.ts'
import type { Stack } from './stack.ts'

type Exited = Extract<RemoteOutcome, { readonly kind: 'exited' }>

export type Look = (remote: Remote, stack: Stack, signal?: AbortSignal) => Promise<Observation>

/** Looks at a stack: one command, no effects. */
export const observe: Look = async (remote, stack, signal) => {
  const from = Date.now()
  const outcome = await remote.run(script(observeProgram, stack.path, stack.name), signal && { signal })
  const asked = { from, to: Date.now() }
  if (outcome.kind === 'lost') throw failure(remote, outcome.reason, { next: 'run the job again' })
  if (/^observed\t1$/m.test(outcome.stdout)) return parseObservation(outcome.stdout, asked)
  if (outcome.stdout.includes('observation\t1')) throw unfinished(remote, outcome)
  throw await notRun(remote, outcome)
}

/** Something between sshd and the program is in its way; what, takes one more question. */
async function notRun(remote: Remote, outcome: Exited): Promise<Error> {
  const probe = await remote.run(command('printenv', 'SHELL'))
  if (probe.kind === 'lost') return failure(remote, probe.reason, { next: 'run the job again' })
  const { user } = remote.host
  const shell = probe.stdout.trim().split('\n').at(-1) ?? ''
  const isRun = probe.code === 0 && shell.startsWith('/')
  if (isRun && !isNoPosixShell(shell)) return unfinished(remote, outcome)
  const problem = isRun
    ? describeNoPosixShell(user, shell)
    : `${user} can log in but not run commands: something else ran in place of ours, ended with exit code ${outcome.code} and ` +
      `said: ${answerOf(outcome)}; give ${user} a shell (sudo usermod --shell /bin/sh ${user}), and take away what forces a ` +
      'command on it (command="…" before its key in authorized_keys, ForceCommand in the configuration of sshd)'
  return new UsageError(`${formatHost(remote.host)} is not ready; nothing was changed:\n- ${problem}`)
}

function answerOf({ stdout, stderr }: Exited): string {
  const lines = `${stdout}\n${stderr}`.trim().split('\n')
  const text = lines.slice(-2).join(' ').slice(0, 200)
  return text === '' ? 'nothing' : `"${text}"`
}

function unfinished(remote: Remote, { code, stderr }: Exited): StepError {
  return failure(remote, 'the program that looks at it did not run to its end', {
    exitCode: code,
    lastLines: stderr.trim().split('\n').slice(-5),
  })
}

function failure(
  remote: Remote,
  why: string,
  more: { readonly next?: string; readonly exitCode?: number; readonly lastLines?: readonly string[] },
): StepError {
  return new StepError({
    step: 'look at the stack',
    host: formatHost(remote.host),
    why,
    state: 'nothing was changed',
    ...more,
  })
}
