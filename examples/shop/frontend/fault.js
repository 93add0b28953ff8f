/** Rehearsed faults, chosen when the image is built. README.md says what each of them does. */
import { setTimeout as sleep } from 'node:timers/promises'

const fault = process.env.APP_FAULT ?? 'none'
let answers = 0

/** To be awaited before anything listens. */
export async function start() {
  if (fault === 'crash-at-start') fail('Crashed at start, as rehearsed.')
  if (fault === 'crash-after-10s') setTimeout(fail, 10_000, 'Crashed after 10 seconds, as rehearsed.')
  if (fault === 'slow-start') {
    console.log('Starts slowly, as rehearsed.')
    await sleep(20_000)
  }
}

export function isHealthy() {
  return fault !== 'never-healthy'
}

/** True for each twentieth call: 5 % of the answers. */
export function errorIsDue() {
  return fault === 'errors' && ++answers % 20 === 0
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
