import type { RunLocal } from '../../src/command/local.ts'
import { StepError } from '../../src/errors.ts'
import { inspectDigest } from '../../src/image/docker.ts'
import { inspectPlatforms } from '../../src/image/platforms.ts'
import type { Environment } from '../../src/image/docker.ts'
import type { Log } from '../../src/runner/job.ts'
import type { BuiltImage, BuiltImages } from './result.ts'

interface Verifier {
  readonly run: RunLocal
  readonly env: Environment
  readonly log: Log
  /** Between two questions for a digest that is not there yet: 2 s. */
  readonly pauseMs?: number
}

/** How often a registry is asked for what it has just taken; some take a moment until they serve it. */
const ATTEMPTS = 3

/**
 * Asks the registry itself for every digest, and what it is built for. A tag that leads elsewhere meanwhile is only said:
 * another run may move it.
 */
export async function verifyPush(images: BuiltImages, verifier: Verifier): Promise<BuiltImages> {
  const distinct = new Map(Object.values(images).map((image) => [image.repository, image]))
  for (const image of distinct.values()) {
    await requireDigest(image, verifier)
    await Promise.all(image.tags.map((tag) => compareTag(image, tag, verifier)))
    verifier.log.line(`The registry serves ${image.repository}@${image.digest}.`)
  }
  const known = new Map(
    await Promise.all(
      [...distinct.values()].map(
        async (image) => [image.repository, await inspectPlatforms(verifier.run, image, verifier.env)] as const,
      ),
    ),
  )
  return Object.fromEntries(
    Object.entries(images).map(([service, image]) => {
      const platforms = known.get(image.repository)
      return [service, { ...image, ...(platforms && { platforms }) }]
    }),
  )
}

async function requireDigest(
  { repository, digest }: BuiltImage,
  { run, env, pauseMs = 2000 }: Verifier,
): Promise<void> {
  const name = `${repository}@${digest}`
  for (let attempt = 1; ; attempt += 1) {
    const served = await inspectDigest(run, name, env)
    if (served.digest === digest) return
    if (attempt === ATTEMPTS)
      throw new StepError({
        step: `verify the push of ${repository}`,
        why: `the registry does not serve ${digest}: ${served.reason || `it answers with ${served.digest ?? ''}`}`,
        state: 'buildx reported the push as done. Nothing was deployed.',
        next: 'run the job again; if it happens again, ask the operator of the registry.',
      })
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

async function compareTag({ repository, digest }: BuiltImage, tag: string, { run, env, log }: Verifier): Promise<void> {
  const served = await inspectDigest(run, `${repository}:${tag}`, env)
  if (served.digest === digest) return
  const found = served.digest ?? `nothing (${served.reason})`
  log.warning(`${repository}:${tag} leads to ${found}, not to ${digest}. Did another run push that tag just now?`)
}
