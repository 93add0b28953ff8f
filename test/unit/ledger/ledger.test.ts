import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { confirmedReleases, formatFields, parseLedger, whatMadeLive } from '../../../src/ledger/ledger.ts'
import { entry } from '../../support/stack.ts'

const ledger = [
  entry('v1', ''),
  entry('v2', 'v1'),
  entry('v3', 'v2', { result: 'undone' }),
  entry('v1', 'v2', { action: 'rollback' }),
  entry('v4', 'v1', { result: 'stuck' }),
  entry('v5', 'v1', { action: 'migration' }),
  entry('v2', 'v2', { action: 'removal' }),
]

describe('lines', () => {
  test('one entry each, in their order', () => {
    expect(parseLedger(ledger.map((each) => JSON.stringify(each)))).toEqual(ledger)
  })

  test('of a newer version, or torn by a crash, are passed over', () => {
    const lines = [JSON.stringify(ledger[0]), '{"v":2,"tx":"t-9"}', '{"v":1,"tx":"t-3","ti', '']
    expect(parseLedger(lines)).toEqual(ledger.slice(0, 1))
  })

  test('what the runner knows goes behind what the agent knows, whatever it contains', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (actor, version) => {
        const { v, tx, time, result, cause, seconds, ...fields } = entry('v1', 'v0', { actor, version })
        const line = `{"v":1,${formatFields(fields)}}`
        expect(line).not.toContain('\n')
        expect(JSON.parse(line)).toEqual({ v: 1, ...fields })
      }),
    )
  })
})

test('the confirmed releases, latest first, each once', () => {
  expect(confirmedReleases(ledger)).toEqual(['v1', 'v2'])
  expect(confirmedReleases([])).toEqual([])
})

test('what made a release live is the last time that it was confirmed', () => {
  expect(whatMadeLive(ledger, 'v1')).toMatchObject({ action: 'rollback', from: 'v2' })
  expect(whatMadeLive(ledger, 'v2')).toMatchObject({ action: 'deploy', from: 'v1' })
  expect(whatMadeLive(ledger, 'v3')).toBeUndefined()
})
