import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker } from './lab/docker.ts'
import { findOnPath } from './lab/find-on-path.ts'

/** Builds an image of nothing but this machine's static BusyBox and a shell; it sleeps for ten minutes unless told otherwise. */
export async function buildTinyImage(tag: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'estiba-tiny-image-'))
  await copyFile(findOnPath('busybox')[0] ?? '', join(folder, 'busybox'))
  const install = 'RUN ["/bin/busybox", "--install", "/bin"]'
  await writeFile(
    join(folder, 'Dockerfile'),
    `FROM scratch\nCOPY busybox /bin/busybox\n${install}\nCMD ["sleep", "600"]\n`,
  )
  await docker('build', '--quiet', '--tag', tag, folder)
  await rm(folder, { recursive: true })
}
