import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The full paths of a program, in the order of PATH and then the usual system folders. */
export function findOnPath(program: string): readonly string[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/sbin']
  return [...new Set(folders)].map((folder) => join(folder, program)).filter((path) => existsSync(path))
}
