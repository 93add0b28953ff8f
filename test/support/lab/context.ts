import type { Lab } from './lab.ts'

/** The lab that global-setup.ts started for this run, for use inside a test file. */
export function labFromContext(): Lab {
  throw new Error('The lab is not built yet.')
}
