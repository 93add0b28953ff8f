import { readdirSync, readFileSync } from 'node:fs'

/** Kills a process with everything that it started, at once, as if its machine had gone. */
export function killTree(pid: number): void {
  // Stopped first, so that nothing new is started while the family is looked up.
  signal(pid, 'SIGSTOP')
  for (const each of descendants(pid)) signal(each, 'SIGKILL')
  signal(pid, 'SIGKILL')
}

/** Children of children included, from /proc; a parent that is gone hands its children to init, so ask before killing. */
export function descendants(pid: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    const parent = /^\d+$/.test(entry) ? parentOf(Number(entry)) : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
  }
  const below = (each: number): readonly number[] =>
    (children.get(each) ?? []).flatMap((child) => [child, ...below(child)])
  return below(pid)
}

function parentOf(pid: number): number | undefined {
  try {
    // The name in parentheses may hold spaces; the parent is the second field after it.
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return parent === undefined ? undefined : Number(parent)
  } catch {
    return undefined
  }
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself.
  }
}
