import { expect, test } from 'vitest'
import { describeFigure, figureOf, isUnsteady, median, type Question, spread } from '../../../scripts/bench/figure.mts'
import { inPairs } from '../../../scripts/bench/pairs.mts'

const question = { what: 'a deploy', unit: 's', control: 'compose', bar: 0.5 } as const satisfies Question
const verdict = (hold: Question['hold'], pairs: readonly (readonly [number, number | undefined])[]) =>
  figureOf(
    { ...question, ...(hold && { hold }) },
    pairs.map(([measured, control]) => ({ measured, control })),
  ).verdict

test('medians of odd and even numbers of values, in any order', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(spread([3, 1.006, 2])).toEqual([1.01, 3])
  expect(spread([])).toEqual([0, 0])
})

test('one slow run changes no verdict, most of them do', () => {
  expect(
    verdict(undefined, [
      [0.4, 1],
      [9, 1],
      [0.5, 1],
    ]),
  ).toBe('met')
  expect(
    verdict(undefined, [
      [0.4, 1],
      [0.6, 1],
      [0.7, 1],
    ]),
  ).toBe('missed')
})

test('a ratio is that of each pair, not that of the medians', () => {
  const pairs = [
    [1, 4],
    [1, 1.9],
    [2, 4.1],
  ] as const
  expect(verdict('ratio', pairs)).toBe('met')
  expect(
    figureOf(
      { ...question, hold: 'ratio' },
      pairs.map(([measured, control]) => ({ measured, control })),
    ),
  ).toMatchObject({
    n: 3,
    median: 1,
    ratio: 0.49,
    barFor: 'ratio',
    control: { what: 'compose', median: 4, spread: [1.9, 4.1] },
  })
})

test('what is beyond the control is taken pair by pair', () => {
  expect(
    verdict('beyond', [
      [1.4, 1],
      [2.4, 2],
      [1.7, 1],
    ]),
  ).toBe('met')
  expect(
    verdict('beyond', [
      [1.4, 1],
      [2.6, 2],
      [1.7, 1],
    ]),
  ).toBe('missed')
})

test('a control that failed makes it void, whatever was measured', () => {
  expect(
    verdict(undefined, [
      [0.1, 1],
      [0.1, undefined],
    ]),
  ).toBe('void')
  expect(verdict(undefined, [[9, undefined]])).toBe('void')
  expect(verdict(undefined, [])).toBe('void')
})

test('an unsteady control excuses a miss, and takes nothing from what is met', () => {
  expect(isUnsteady([1, 1, 2])).toBe(false)
  expect(isUnsteady([1, 1, 2.1])).toBe(true)
  expect(
    verdict(undefined, [
      [0.6, 1],
      [0.6, 1],
      [0.6, 2.1],
    ]),
  ).toBe('void')
  expect(
    verdict(undefined, [
      [0.4, 1],
      [0.4, 1],
      [0.4, 2.1],
    ]),
  ).toBe('met')
})

test('without a bar it is told', () => {
  const { bar: _, ...told } = question
  const figure = figureOf(told, [{ measured: 2, control: 1 }])
  expect(figure.verdict).toBe('told')
  expect(describeFigure(figure)).toBe('told   a deploy: 2 s (2 x of compose: 1 s)')
})

test('the line names what the bar is for', () => {
  const pairs = [{ measured: 1, control: 4 }]
  expect(describeFigure(figureOf({ ...question, hold: 'ratio' }, pairs))).toBe(
    'met    a deploy: 1 s (0.25 x of compose: 4 s), bar 0.5 x',
  )
  expect(describeFigure(figureOf(question, pairs))).toBe('missed a deploy: 1 s (0.25 x of compose: 4 s), bar 0.5 s')
})

test('pairs alternate which comes first', async () => {
  const order: string[] = []
  const note = (what: string, figure: number) => () => {
    order.push(what)
    return Promise.resolve(figure)
  }
  const pairs = await inPairs(2, note('measured', 1), note('control', 2), note('next', 0))
  expect(order).toEqual(['next', 'measured', 'control', 'next', 'control', 'measured'])
  expect(pairs).toEqual([
    { measured: 1, control: 2 },
    { measured: 1, control: 2 },
  ])
})
