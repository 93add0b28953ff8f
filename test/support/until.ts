import { setTimeout as sleep } from 'node:timers/promises'

/** Polls until it holds; fails with what was waited for. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, seconds = 60): Promise<void> {
  const giveUp = performance.now() + seconds * 1000
  while (!(await holds())) {
    if (performance.now() > giveUp) throw new Error(`waited ${seconds} s in vain for: ${what}`)
    await sleep(50)
  }
}
