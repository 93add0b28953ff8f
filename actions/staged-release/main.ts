import { githubOf } from '../../src/runner/github-client.ts'
import { sleep } from '../../src/runner/github-retry.ts'
import { runAction } from '../../src/runner/run-action.ts'
import { findStagedRelease } from './find.ts'
import { readInputs } from './inputs.ts'

void runAction({
  inputs: readInputs,
  main: (inputs, job) =>
    findStagedRelease(inputs, job, githubOf(job, inputs.token), { now: () => performance.now(), sleep }),
})
