import { observeProgram } from '../agent/programs.ts'
import { script } from '../command/command.ts'
import { StepError } from '../errors.ts'
import { formatHost } from '../host/host.ts'
import type { Remote } from '../host/remote.ts'
import { type Observation, parseObservation } from './observation.ts'
import type { Stack } from './stack.ts'

/** Looks at a stack: one command, no effects. */
export async function observe(remote: Remote, stack: Stack): Promise<Observation> {
  const outcome = await remote.run(script(observeProgram, stack.path, stack.name))
  const where = { step: 'look at the stack', host: formatHost(remote.host), state: 'nothing was changed' }
  if (outcome.kind === 'lost') throw new StepError({ ...where, why: outcome.reason, next: 'run the job again' })
  if (outcome.code !== 0)
    throw new StepError({
      ...where,
      why: 'the commands that look at it failed; is the login shell of this user a POSIX shell?',
      exitCode: outcome.code,
      lastLines: outcome.stderr.trim().split('\n').slice(-5),
    })
  return parseObservation(outcome.stdout)
}
