import { abortUnconfirmed } from '../../src/agent/unconfirmed.ts'
import { runAction } from '../../src/runner/run-action.ts'
import { readInputs } from './inputs.ts'
import { rollBack } from './roll-back.ts'

void runAction({ inputs: readInputs, main: rollBack, post: abortUnconfirmed })
