import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker } from './lab/docker.ts'
import { findOnPath } from './lab/find-on-path.ts'

/** Builds an image of a Dockerfile, which has nothing beside it but this machine's static `busybox`. */
export async function buildImage(tag: string, dockerfile: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'estiba-image-'))
  try {
    await copyFile(findOnPath('busybox')[0] ?? '', join(folder, 'busybox'))
    await writeFile(join(folder, 'Dockerfile'), dockerfile)
    await docker('build', '--quiet', '--tag', tag, folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Builds an image of nothing but BusyBox and a shell; it sleeps for ten minutes unless told otherwise. */
export async function buildTinyImage(tag: string): Promise<void> {
  const install = 'RUN ["/bin/busybox", "--install", "/bin"]'
  await buildImage(tag, `FROM scratch\nCOPY busybox /bin/busybox\n${install}\nCMD ["sleep", "600"]\n`)
}
