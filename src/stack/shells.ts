/** Login shells that read `sh -c '…'` otherwise than a POSIX shell does. */
const OTHERS = ['csh', 'tcsh', 'fish', 'nu', 'elvish', 'xonsh', 'pwsh']

/** Whether the shell at this path is known to be no POSIX shell. */
export function isNoPosixShell(path: string): boolean {
  return OTHERS.includes(path.split('/').at(-1) ?? '')
}

/** What is wrong with such a login shell, and what to do. */
export function describeNoPosixShell(user: string, path: string): string {
  return (
    `the login shell of ${user} is ${path}, and what is sent to it is written for a POSIX shell; ` +
    `run once on the host: sudo usermod --shell /bin/sh ${user}`
  )
}
