import { expect, test } from 'vitest'
import { isAlive, KEPT, parseStartTime, thisProcess } from '../../support/lab/owner.ts'

test('this process is alive; one with the same pid and another start is not', () => {
  expect(isAlive(thisProcess())).toBe(true)
  expect(isAlive(`${process.pid}:1`)).toBe(false)
  expect(isAlive(`${process.pid}:`)).toBe(false)
  expect(isAlive('')).toBe(false)
})

test('what is kept needs no process', () => {
  expect(isAlive(KEPT)).toBe(true)
})

test('the name of a program may hold spaces and brackets', () => {
  const fields = Array.from({ length: 20 }, (_, index) => (index === 19 ? '4711' : 'S'))
  expect(parseStartTime(`42 (a) b (c)) ${fields.join(' ')} 0 0`)).toBe('4711')
  expect(parseStartTime('')).toBeUndefined()
})
