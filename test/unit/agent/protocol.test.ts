import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import {
  formatRecovery,
  formatVerbs,
  PHASES,
  RECOVERY,
  type State,
  STATES,
  VERBS,
} from '../../../src/agent/protocol.ts'

test('the embedded programs are the shell programs', () => {
  expect(() => execFileSync(process.execPath, ['scripts/embed.mts', '--check'], { stdio: 'pipe' })).not.toThrow()
})

test('every state has one recovery: undone before a decision, completed after it', () => {
  expect(RECOVERY.map(({ state }) => state)).toEqual([...STATES])
  expect(RECOVERY.filter(({ action }) => action === 'wind-up').map(({ state }) => state)).toEqual(['committed'])
  expect(RECOVERY.filter(({ action }) => action === 'settle').map(({ state }) => state)).toEqual(['forbidden'])
})

test('every rule begins in a state and leads to a later one by a phase of its own', () => {
  const position = (state: string) => (STATES as readonly string[]).indexOf(state)
  for (const { state, word, action } of VERBS) {
    if (state !== '*') expect(position(state), `${state} ${word}`).toBeGreaterThanOrEqual(0)
    const [kind, phase = '', target = ''] = action.split(':')
    if (kind !== 'run') continue
    expect(PHASES, `${state} ${word}`).toContain(phase)
    expect(word).toBe(`advance:${phase}`)
    expect(position(target), `${state} ${word}`).toBeGreaterThan(position(state))
  }
})

test('no state has two rules for one word, and no rule is hidden behind an earlier one', () => {
  const keys = VERBS.map(({ state, word }) => `${state} ${word}`)
  expect(new Set(keys).size).toBe(keys.length)
  for (const [index, { word }] of VERBS.entries())
    expect(VERBS.slice(0, index).some((earlier) => earlier.state === '*' && earlier.word === word)).toBe(false)
})

test('every state before the decision is reached, and a trial is reached from each way there', () => {
  const reached = new Set<State>(['open'])
  for (let before = 0; before < reached.size;) {
    before = reached.size
    for (const { state, action } of VERBS) {
      const target = STATES.find((known) => known === action.split(':')[2])
      if (target !== undefined && (state === '*' || reached.has(state))) reached.add(target)
    }
  }
  const decisions: readonly State[] = ['forbidden', 'committed']
  expect([...reached].sort()).toEqual(STATES.filter((state) => !decisions.includes(state)).toSorted())
})

test('others than the owner may only abort; only a trial may be confirmed', () => {
  expect(VERBS.filter(({ who }) => who === 'any').map(({ word }) => word)).toEqual(['abort'])
  expect(VERBS.filter(({ word }) => word === 'confirm').map(({ state }) => state)).toEqual(['trial'])
})

test('the tables go to the host as rows of four fields', () => {
  for (const row of (formatVerbs({ prove: [] }) + formatVerbs({}) + formatRecovery()).trimEnd().split('\n'))
    expect(row).toMatch(/^\S+ \S+ (owner|any) \S+$/)
  expect(formatRecovery()).toContain('committed crash any wind-up\n')
})
