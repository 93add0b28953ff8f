import { unlessCancelled } from '../../src/agent/cancelled.ts'
import { connect } from '../../src/host/ssh.ts'
import { runAction } from '../../src/runner/run-action.ts'
import { readInputs } from './inputs.ts'
import { smokeTest } from './smoke-test.ts'
import { joinOverSsh } from './trial.ts'

void runAction({
  inputs: readInputs,
  main: (inputs, job) => {
    const { membership } = inputs
    const work = () => smokeTest(inputs, job, joinOverSsh)
    if (membership === undefined) return work()
    const held = {
      ...membership,
      connect: (signal: AbortSignal) => connect(membership.connection, { signal }),
    }
    return unlessCancelled(job.signal, () => held, work)
  },
})
