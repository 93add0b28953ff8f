import { runLocal } from '../../src/command/local.ts'
import { runAction } from '../../src/runner/run-action.ts'
import { buildAndPush, forgetLogin } from './build.ts'
import { readInputs } from './inputs.ts'

void runAction({
  inputs: readInputs,
  main: (inputs, job) => buildAndPush(inputs, job, { run: runLocal, env: process.env }),
  post: (_, job) => forgetLogin(job),
})
