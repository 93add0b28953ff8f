import { inject } from 'vitest'
import { attachLab, type Lab, type LabRecord } from './lab.ts'

declare module 'vitest' {
  interface ProvidedContext {
    lab: LabRecord
  }
}

/**
 * The lab that global-setup.ts started for this run, for use inside a test file. It is shared: each file uses a stack name
 * and ports (8080-8089) of its own, and boots what it cut off.
 */
export function labFromContext(): Lab {
  return attachLab(inject('lab'))
}
