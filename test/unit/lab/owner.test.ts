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

/** A stat line of a process that started at tick 4711. */
const stat = (state: string) => `42 (a) b (c)) ${state} ${'0 '.repeat(18)}4711 0 0`

test('the name of a program may hold spaces and brackets', () => {
  expect(parseStartTime(stat('S'))).toBe('4711')
  expect(parseStartTime('')).toBeUndefined()
})

test('a process that has ended is not alive, although its parent has not noticed', () => {
  expect(parseStartTime(stat('Z'))).toBeUndefined()
})
