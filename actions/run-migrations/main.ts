import { runAction } from '../../src/runner/run-action.ts'
import { readInputs } from './inputs.ts'
import { migrate } from './migrate.ts'

void runAction({ inputs: readInputs, main: migrate })
