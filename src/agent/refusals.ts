/** What it means that a program of the agent ended with this exit code, before anything was begun. */
export const REFUSALS: Readonly<Record<number, { readonly state: string; readonly next: string }>> = {
  6: {
    state: 'nothing was changed; should it begin after all, the server goes back by itself',
    next: 'run the job again; if a step before opened it, give this one the same `host` and `path`',
  },
  7: { state: 'nothing of it was begun', next: 'run the job again' },
  8: { state: 'nothing of it was begun', next: 'make space on the disk of the host, then run the job again' },
}
