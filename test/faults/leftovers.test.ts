import { testLeftovers } from '../support/leftovers/tests.ts'

testLeftovers((accidents) => accidents)
