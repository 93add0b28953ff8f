import { expect, test } from 'vitest'
import type { Plan } from '../../../src/plan/plan.ts'
import { whatDiffers } from '../../../src/plan/stale.ts'
import { emptyHost, entry } from '../../support/stack.ts'

const plan = (...notes: readonly string[]): Plan => ({ title: 'deploy v2', services: [], phases: {}, notes })
const overtaken = { tx: 't-own', why: 'another transaction changed the stack after this one was planned' }
const basis = (of: Plan, ...releases: readonly string[]) => ({
  plan: of,
  observation: { ...emptyHost, ledger: releases.map((release) => entry(release, '')) },
})

test('what came between, and the lines of the plan that differ', () => {
  expect(
    whatDiffers({ ...basis(plan('one', 'two'), 'v1'), ...overtaken }, basis(plan('two', 'three'), 'v1', 'v1.1')),
  ).toEqual([
    'Planned again: another transaction changed the stack after this one was planned.',
    'In between: deploy of v1.1 by octocat, committed at 2026-11-21T23:30:00Z ().',
    'What differs from the plan before:',
    '- note: one',
    '+ note: three',
  ])
})

test('a plan that stays as it was is said to', () => {
  expect(whatDiffers({ ...basis(plan('one')), ...overtaken }, basis(plan('one'))).at(-1)).toBe(
    'The plan stays as it was.',
  )
})

test('the own transaction did not come between', () => {
  const now = basis(plan('one'), 'v1', 'own')
  expect(whatDiffers({ ...basis(plan('one'), 'v1'), ...overtaken }, now).join('\n')).not.toContain('In between')
})
