import { expect, test } from 'vitest'
import { standing } from '../../../src/deployment/standing.ts'
import type { DeploymentState } from '../../../src/runner/github.ts'

test.each<[states: DeploymentState[], expected: string]>([
  [[], 'open'],
  [['queued'], 'open'],
  [['in_progress', 'queued'], 'open'],
  [['pending'], 'open'],
  [['inactive'], 'open'],
  [['success', 'in_progress'], 'confirmed'],
  [['inactive', 'success'], 'confirmed'],
  [['failure', 'success'], 'withdrawn'],
  [['inactive', 'failure', 'success'], 'withdrawn'],
  [['error', 'in_progress'], 'withdrawn'],
  [['success', 'failure', 'success'], 'confirmed'],
])('newest first, %j is %s', (states, expected) => {
  expect(standing(states.map((state) => ({ state })))).toBe(expected)
})
