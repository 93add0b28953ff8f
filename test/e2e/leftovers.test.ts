import { testLeftovers } from '../support/leftovers/tests.ts'
import { randomFrom, seedOfThisRun, some } from '../support/random.ts'

const random = randomFrom(seedOfThisRun())

/** A sample of test/faults/leftovers.test.ts. */
testLeftovers((accidents) => some(3, accidents, random))
