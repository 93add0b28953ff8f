import { runAction } from '../../src/runner/run-action.ts'
import { readInputs } from './inputs.ts'
import { reportOverSsh } from './report.ts'
import { smokeTest } from './smoke-test.ts'

void runAction({ inputs: readInputs, main: (inputs, job) => smokeTest(inputs, job, reportOverSsh) })
