import { expect, test } from 'vitest'
import type { Plan } from '../../../src/plan/plan.ts'
import { whatDiffers } from '../../../src/plan/stale.ts'
import { emptyHost, entry } from '../../support/stack.ts'

const plan = (...notes: readonly string[]): Plan => ({ title: 'deploy v2', services: [], phases: {}, notes })
const basis = (of: Plan, ...releases: readonly string[]) => ({
  plan: of,
  observation: { ...emptyHost, ledger: releases.map((release) => entry(release, '')) },
})

test('what came between, and the lines of the plan that differ', () => {
  expect(whatDiffers(basis(plan('one', 'two'), 'v1'), basis(plan('two', 'three'), 'v1', 'v1.1'))).toEqual([
    'The stack was changed after it had been planned; planned again.',
    'In between: deploy of v1.1 by octocat, committed at 2026-11-21T23:30:00Z ().',
    'What differs from the plan before:',
    '- note: one',
    '+ note: three',
  ])
})

test('a plan that stays as it was is said to', () => {
  expect(whatDiffers(basis(plan('one')), basis(plan('one'))).at(-1)).toBe('The plan stays as it was.')
})
