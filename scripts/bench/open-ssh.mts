import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { keyFile, knownHostsFile, type Lab, type LabHost } from '../../test/support/lab/lab.ts'

const run = promisify(execFile)

/** Runs a command as `deploy` by the OpenSSH client; seconds, its start included, or undefined when it failed. */
export async function overOpenSsh(lab: Lab, { ssh }: LabHost, command: string): Promise<number | undefined> {
  const options = ['-i', keyFile(lab.id), '-o', `UserKnownHostsFile=${knownHostsFile(lab.id)}`]
  const from = performance.now()
  const ended = run('ssh', [
    ...options,
    ...['-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-p', String(ssh.port), 'deploy@127.0.0.1'],
    command,
  ])
  return ended.then(
    () => (performance.now() - from) / 1000,
    (error: unknown) => {
      console.error(`the control failed: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    },
  )
}
