import { sample } from '../support/faults/enumeration.ts'
import { testFaults } from '../support/faults/tests.ts'
import { randomFrom, seedOfThisRun } from '../support/random.ts'

/** A sample of test/faults, which strikes a deploy in each way at each boundary between its steps. */
testFaults(sample(8, randomFrom(seedOfThisRun())), 1)
