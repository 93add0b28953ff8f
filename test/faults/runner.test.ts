import { enumerate } from '../support/faults/enumeration.ts'
import { testFaults } from '../support/faults/tests.ts'
import { randomFrom, seedOfThisRun } from '../support/random.ts'

testFaults(enumerate('runner', randomFrom(seedOfThisRun())), 2)
