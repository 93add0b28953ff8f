import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { descendants, killTree } from '../../support/act/processes.ts'

test('kills a process with all that it started, sessions of their own included', async () => {
  const script = 'setsid sh -c "sleep 300; true" & sleep 300; true'
  const child = spawn('sh', ['-c', script], { stdio: 'ignore' })
  const pid = child.pid ?? 0
  await expect.poll(() => descendants(pid).length).toBeGreaterThanOrEqual(3)
  const family = descendants(pid)
  const ended = once(child, 'close')
  killTree(pid)
  await ended
  await expect.poll(() => family.filter(isRunning)).toEqual([])
})

/** A process that was killed stays as a zombie until its parent asks for it. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
