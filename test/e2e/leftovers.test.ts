import { testLeftovers } from '../support/leftovers/tests.ts'
import { someOf } from '../support/random.ts'

/** A sample of test/faults/leftovers.test.ts. */
testLeftovers((accidents) => someOf(3, accidents))
