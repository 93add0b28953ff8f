import { UsageError } from '../errors.ts'
import type { Observation } from '../stack/observation.ts'
import type { Stack } from '../stack/stack.ts'

/** Free space below which nothing is staged or pulled: what the way back and the journal need. */
const LEAST_DISK_KIB = 512 * 1024

/** Throws one error with every reason why a change of this stack can't begin, each with its fix. */
export function checkHost(observation: Observation, stack: Stack, host: string): void {
  const problems = hostProblems(observation, stack)
  if (problems.length > 0)
    throw new UsageError(
      [`${host} is not ready; nothing was changed:`, ...problems.map((text) => `- ${text}`)].join('\n'),
    )
}

function hostProblems(observation: Observation, stack: Stack): readonly string[] {
  const { user, missing, engine, engineError, compose, unwritable, diskKiB } = observation
  return [
    ...(missing.length > 0
      ? [`these tools are missing: ${missing.join(', ')}; install them with the host's packages`]
      : []),
    ...(engine === undefined && !missing.includes('docker')
      ? [
          `${user} can't reach the Docker engine (${engineError}); add the user to the group docker, or start the engine`,
        ]
      : []),
    ...(engine !== undefined && compose === undefined
      ? ['`docker compose` is missing; install the Compose plugin, version 2.20 or newer']
      : []),
    ...(compose !== undefined && isOlder(compose, [2, 20])
      ? [`Docker Compose is ${compose}; 2.20 is the oldest that is supported`]
      : []),
    ...(unwritable === undefined
      ? []
      : [
          `${user} can't write to ${unwritable}, so ${stack.path} can't be made; ` +
            `run once on the host: sudo install -d -o ${user} ${stack.path}`,
        ]),
    ...(diskKiB > 0 && diskKiB < LEAST_DISK_KIB
      ? [
          `only ${Math.floor(diskKiB / 1024)} MiB of disk are free; make room (docker image prune), 512 MiB is the least`,
        ]
      : []),
  ]
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, ownMajor = '0', ownMinor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? []
  return Number(ownMajor) < major || (Number(ownMajor) === major && Number(ownMinor) < minor)
}
