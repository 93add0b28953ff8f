import { expect, test } from 'vitest'
import { adopt, tellAdopted } from '../support/busy/adoption.ts'
import { labFromContext } from '../support/lab/context.ts'

const EDGES = [
  { edge: 'nginx', port: 8086 },
  { edge: 'caddy', port: 8087 },
] as const
const BAD = ['never healthy', 'dies in trial'] as const
const CASES = EDGES.flatMap((place) =>
  (['without the mount', 'with the mount'] as const).flatMap((mounting) =>
    [...BAD, ...(place.edge === 'nginx' ? (['deaf in trial'] as const) : [])].map((bad) => ({
      ...place,
      mounting,
      bad,
    })),
  ),
)

test.each(CASES)('$edge $mounting, first given a release that is $bad: taken over', async (each) => {
  const { edge, port, mounting, bad } = each
  const stack = `taken-${edge}`
  const adopted = await adopt(labFromContext(), { place: { edge, stack, port }, mounting, bad, rate: 50 })
  console.log(tellAdopted(adopted))
  // The edge has to be replaced, which nobody can hide: a run without that would have proved nothing.
  expect(adopted.good.failed).toBeGreaterThan(0)
})
