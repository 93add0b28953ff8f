import { expect, test } from 'vitest'
import { chooseRows, ROWS } from '../../../scripts/bench/rows.mts'

test('without a name all rows are measured', () => {
  expect(chooseRows([])).toEqual(Object.values(ROWS))
})

test('one by its name, and no others', () => {
  expect(chooseRows(['kills'])).toEqual([ROWS['kills']])
})

test('a name that is none is refused with those there are', () => {
  expect(() => chooseRows(['kill'])).toThrow('There is no row "kill"; there are: size, start, simulator, kills, bare')
  expect(() => chooseRows(['toString'])).toThrow('There is no row "toString"')
})
