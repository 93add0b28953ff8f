import { setTimeout as sleep } from 'node:timers/promises'
import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { inCache, withLock } from '../../support/lab/cache.ts'

test('work under one name runs one after the other', async () => {
  const events: string[] = []
  const work = (name: string) =>
    withLock('unit-test-order', async () => {
      events.push(`${name} begins`)
      await sleep(20)
      events.push(`${name} ends`)
    })
  await Promise.all([work('first'), work('second')])
  expect(events).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
})

test('a lock is free again after work that failed', async () => {
  await expect(withLock('unit-test-failed', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await withLock('unit-test-failed', () => Promise.resolve('yes'))).toBe('yes')
})

test('a lock whose holder died is taken over', async () => {
  writeFileSync(inCache('locks', 'unit-test-dead'), `${process.pid}:1`)
  expect(await withLock('unit-test-dead', () => Promise.resolve('mine'))).toBe('mine')
})
