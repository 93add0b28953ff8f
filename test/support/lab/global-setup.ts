import type { TestProject } from 'vitest/node'
import { createLab, endLab, type LabRecord } from './lab.ts'
import type {} from './context.ts'

interface Shared {
  lab: Promise<LabRecord>
  users: number
}

/** Each vitest project loads this file anew; the lab that they share therefore hangs on the process, not on the module. */
const shared = globalThis as typeof globalThis & { [key: symbol]: Shared | undefined }
const key = Symbol.for('estiba.lab')

/** Starts one lab for the whole run, or joins the one that another project started; the last one out ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const current = (shared[key] ??= { lab: createLab(), users: 0 })
  current.users += 1
  const record = await current.lab
  project.provide('lab', record)
  return async () => {
    current.users -= 1
    if (current.users > 0) return
    shared[key] = undefined
    await endLab(record.id)
  }
}
