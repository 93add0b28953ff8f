import { abortUnconfirmed } from '../../src/agent/unconfirmed.ts'
import { runAction } from '../../src/runner/run-action.ts'
import { readInputs } from './inputs.ts'
import { removeStack } from './remove-stack.ts'

void runAction({ inputs: readInputs, main: removeStack, post: abortUnconfirmed })
