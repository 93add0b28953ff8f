import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { LabHost } from '../../test/support/lab/lab.ts'
import { must } from '../../test/support/lab/must.ts'

/** Lays the files of a stack out in a folder of `deploy`, as a team does that uses Compose alone. */
export async function layOut(host: LabHost, files: string, path: string): Promise<void> {
  const { stdout } = await promisify(execFile)('tar', ['-cz', '-C', files, '.'], { encoding: 'buffer' })
  await must(
    host,
    `mkdir -p ${path} && echo ${stdout.toString('base64')} | base64 -d | tar -xz -C ${path} && chown -R deploy: ${path}`,
  )
}
