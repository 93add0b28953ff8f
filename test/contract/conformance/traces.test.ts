import { describe, expect, test } from 'vitest'
import { seeded } from '../../simulator/enumerate.ts'
import { SHELLS } from '../../support/agent.ts'
import { runInModel } from './in-model.ts'
import { runInShell } from './in-shell.ts'
import { randomTrace } from './random-trace.ts'

const TRACES = 200
const LANES = 30
const SEED = Number(process.env['CONFORMANCE_SEED'] ?? 20_261_122)

const minutes = 10 * 60_000

describe.concurrent(`model and agent agree on ${TRACES} random traces (CONFORMANCE_SEED=${SEED})`, () => {
  test.each(Array.from({ length: LANES }, (_, lane) => lane))('lane %i', { timeout: minutes }, async (lane) => {
    for (let number = lane; number < TRACES; number += LANES) {
      const trace = randomTrace(`trace ${number}`, seeded(SEED + number))
      const shell = SHELLS[number % SHELLS.length] ?? 'dash'
      const what = `${trace.name} in ${shell}: ${JSON.stringify(trace)}`
      expect(await runInShell(trace, shell), what).toEqual(runInModel(trace))
    }
  })
})
