import { expect, test } from 'vitest'
import { losesOld, movedWeb } from '../../../src/plan/addresses.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import { commandsOf, planText } from '../../support/plan-text.ts'
import { hostWith, shopRelease, switchable } from '../../support/stack.ts'

const withApi = (version: string, digit: string, api: object): Manifest =>
  shopRelease(version, digit, { ...switchable, api: { ...switchable['api'], ...api } })

const one = withApi('v1', '1', {})
const three = { deploy: { replicas: 3 } }

test.each([
  ['nothing is', withApi('v2', '2', {}), one, [], false],
  ['another port', withApi('v2', '2', { expose: ['9000'] }), one, ['api'], true],
  ['more replicas', withApi('v2', '2', three), one, ['api'], true],
  ['fewer replicas', withApi('v2', '2', {}), withApi('v1', '1', three), ['api'], false],
])('what an edge is told for both slots at once, and whether it loses what serves: %s', (_, to, live, names, loses) => {
  const moved = movedWeb(to, hostWith(live))
  expect(moved.map(({ name }) => name)).toEqual(names)
  expect(losesOld(moved)).toBe(loses)
})

test('with another port the edge is told only when it leads to the new one, which nobody can ask before', () => {
  const lines = commandsOf(planText(withApi('v2', '2', { expose: ['9000'] }), hostWith(one), { isAsked: true }))
  const at = (start: string): number => lines.findIndex((line) => line.startsWith(`$ ${start}`))
  expect(at('configure_edge')).toBeGreaterThan(at('switch_edge b-trial'))
  expect(at('let_ask')).toBe(-1)
})
