import { githubOf } from '../../src/runner/github-client.ts'
import { runAction } from '../../src/runner/run-action.ts'
import { readInputs } from './inputs.ts'
import { recordDeployment } from './record.ts'

void runAction({
  inputs: readInputs,
  main: (inputs, job) => recordDeployment(inputs, job, githubOf(job, inputs.token)),
})
