import { readFileSync } from 'node:fs'

/** Marks what stays until somebody takes it down, whoever started it. */
export const KEPT = 'kept'

/** A process as `pid:start`. The start time tells it from a later process that got the same pid. */
export function markOf(pid: number): string {
  return `${pid}:${startTime(pid) ?? ''}`
}

export const thisProcess = () => markOf(process.pid)

/** Whether the process that a mark names still runs. What is kept has no owner that could die. */
export function isAlive(owner: string): boolean {
  if (owner === KEPT) return true
  const [pid = '', start = ''] = owner.split(':')
  return /^\d+$/.test(pid) && startTime(Number(pid)) === start && start !== ''
}

function startTime(pid: number): string | undefined {
  try {
    return parseStartTime(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * Field 22 of /proc/PID/stat (proc(5)), in clock ticks since boot; undefined for a process that has ended and only waits
 * for its parent to notice (state Z). The name in field 2 may hold spaces and brackets.
 */
export function parseStartTime(stat: string): string | undefined {
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? undefined : fields[18]
}
