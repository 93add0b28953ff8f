import { test } from 'vitest'
import { adopt, tellAdopted } from '../support/busy/adoption.ts'
import { labFromContext } from '../support/lab/context.ts'

/** A sample of `npm run test:load`. */
test('a stack that was started by hand is taken over under load, after a release that takes no connection in its trial', async () => {
  const place = { edge: 'nginx', stack: 'taken', port: 8086 } as const
  const adopted = await adopt(labFromContext(), {
    place,
    mounting: 'without the mount',
    bad: 'deaf in trial',
    rate: 40,
  })
  console.log(tellAdopted(adopted))
})
