import type { Folder, HostFacts } from '../stack/host-facts.ts'
import type { Stack } from '../stack/stack.ts'

export function folderProblems({ user, folder, missing }: HostFacts, stack: Stack): readonly string[] {
  const { notFolder, trial, mount, foreign } = folder
  if (notFolder !== undefined)
    return [`${notFolder} is no folder, so ${stack.path} can't be made; move it away, or give another \`path\``]
  const [type = '', options = ''] = mount.split(' ')
  if (options.split(',').includes('ro'))
    return [
      `the file system (${type}) of ${folder.nearest} is mounted read-only; mount it read-write, or give another \`path\``,
    ]
  // What a full file system or a missing tool does to the trial is told as such.
  if (trial !== undefined && !isFull(folder) && !isForWantOf(missing, trial))
    return [failedTrial(user, trial, folder, stack)]
  return foreign.length === 0
    ? []
    : [
        `${user} can't write to ${foreign.join(', ')}, which belong to somebody else; ` +
          // Below `project` is the data of containers, which have users of their own.
          `run once on the host: sudo chown ${foreign.some((part) => part.endsWith('/project')) ? '' : '--recursive '}${user} ${foreign.join(' ')}`,
      ]
}

function failedTrial(user: string, trial: string, { nearest, mount }: Folder, { path }: Stack): string {
  const [part = '', ...words] = trial.split(': ')
  const why = words.join(': ')
  if (part === 'make a folder') {
    return nearest === path
      ? `${user} can't write to ${path} (${why}); run once on the host: sudo chown ${user} ${path} && sudo chmod u+rwx ${path}`
      : `${user} can't write to ${nearest}, so ${path} can't be made; run once on the host: sudo install -d -o ${user} ${path}`
  }
  const type = mount.split(' ')[0] ?? ''
  return (
    `the file system (${type}) of ${nearest} can't ${part} (${why}); a transaction needs that: ` +
    'use a file system of Linux such as ext4, xfs or btrfs for the stack'
  )
}

/** The tool that each part of the trial is about. */
const TOOLS: Readonly<Record<string, string>> = { 'make a folder': 'mktemp', sync: 'sync', 'lock a file': 'flock' }

function isForWantOf(missing: readonly string[], trial: string): boolean {
  return missing.includes(TOOLS[trial.split(': ')[0] ?? ''] ?? '')
}

function isFull({ space }: Folder): boolean {
  return space !== undefined && (space.freeKiB === 0 || space.freeInodes === 0)
}
