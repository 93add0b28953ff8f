import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { root } from '../workflows/files.ts'
import { actView } from './view.ts'

/**
 * Copies what GitHub would fetch of this repository for a run into a folder: actions, their bundles as built, and the
 * reusable workflows as act can read them.
 */
export async function exportSuite(folder: string): Promise<void> {
  for (const name of await readdir(join(root, 'actions'))) {
    await copy(`actions/${name}/action.yml`, folder)
    await copy(`dist/${name}`, folder)
  }
  const workflows = '.github/workflows'
  await mkdir(join(folder, workflows), { recursive: true })
  for (const name of await readdir(join(root, workflows))) {
    const text = await readFile(join(root, workflows, name), 'utf8')
    await writeFile(join(folder, workflows, name), actView(text))
  }
}

async function copy(path: string, folder: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await cp(join(root, path), join(folder, path), { recursive: true })
}
