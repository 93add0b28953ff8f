import { githubOf } from '../../src/runner/github-client.ts'
import { runAction } from '../../src/runner/run-action.ts'
import { readInputs } from './inputs.ts'
import { requireApproval } from './require.ts'

void runAction({
  inputs: readInputs,
  main: (inputs, job) => requireApproval(inputs, job, githubOf(job, inputs.token)),
})
