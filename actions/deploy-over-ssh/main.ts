import { abortUnconfirmed } from '../../src/agent/unconfirmed.ts'
import { runAction } from '../../src/runner/run-action.ts'
import { deploy } from './deploy.ts'
import { readInputs } from './inputs.ts'

void runAction({ inputs: readInputs, main: deploy, post: abortUnconfirmed })
