import { runAction } from '../../src/runner/run-action.ts'
import { abortUnconfirmed } from './abort.ts'
import { deploy } from './deploy.ts'
import { readInputs } from './inputs.ts'

void runAction({ inputs: readInputs, main: deploy, post: abortUnconfirmed })
