import { isDeepStrictEqual } from 'node:util'
import { UsageError } from '../errors.ts'
import type { Project, ProjectService } from './project.ts'
import { isSameImage, parseReference } from './reference.ts'
import type { Reference } from './reference.ts'

/** One image to build: a target of the bake graph. */
export interface Target {
  /** Its name in the graph and in the log of the build. */
  readonly name: string
  readonly repository: string
  /** The service whose `build` section describes it. */
  readonly service: ProjectService & Required<Pick<ProjectService, 'build'>>
  /** Every service that runs this image, sorted: those that build it alike, and those that only name it. */
  readonly services: readonly string[]
}

/**
 * Finds the images to build in a project: one target a distinct image, whoever else uses it.
 *
 * @param prefix gives services without `image` a name: `ghcr.io/acme/shop` makes `ghcr.io/acme/shop-api`,
 *     `ghcr.io/acme/shop/` makes `ghcr.io/acme/shop/api`
 */
export function findTargets(project: Project, prefix: string | undefined): readonly Target[] {
  const found: { reference: Reference; local: Reference; service: Target['service'] }[] = []
  for (const service of project.services) {
    if (service.build === undefined) continue
    const reference = pushedAs(service, prefix)
    const twin = found.find(({ reference: { repository } }) => repository === reference.repository)
    if (twin === undefined)
      found.push({ reference, local: localName(project, service), service: { ...service, build: service.build } })
    else if (!isDeepStrictEqual(twin.service.build, service.build))
      throw clash(twin.service.name, service.name, reference)
  }
  const name = namer()
  return found.map(({ reference: { repository }, local, service }) => ({
    name: name(service.name),
    repository,
    service,
    services: project.services
      .filter((other) =>
        other.build === undefined
          ? isSameImage(localName(project, other), local)
          : pushedAs(other, prefix).repository === repository,
      )
      .map((other) => other.name),
  }))
}

function pushedAs({ name, image }: ProjectService, prefix: string | undefined): Reference {
  if (image === undefined && prefix === undefined)
    throw new UsageError(
      `The service ${name} has a build section but no image, so there is no name to push it by. ` +
        `Write image: ghcr.io/<owner>/${name} in the compose file, or set image-prefix.`,
    )
  const separator = prefix?.endsWith('/') === true ? '' : '-'
  const reference = parseReference(image ?? `${prefix ?? ''}${separator}${name}`.toLowerCase())
  if (typeof reference === 'string') throw new UsageError(`The image of the service ${name}: ${reference}.`)
  if (reference.digest !== undefined)
    throw new UsageError(`The image of the service ${name} is pinned to a digest; what is built here can't have it.`)
  return reference
}

/** The name by which the other services of the project know the image. */
function localName(project: Project, { name, image }: ProjectService): Reference {
  const reference = parseReference(image ?? `${project.name}-${name}`)
  return typeof reference === 'string' ? { repository: image ?? name } : reference
}

function clash(one: string, other: string, { repository }: Reference): UsageError {
  return new UsageError(
    `The services ${one} and ${other} build different images, but both are called ${repository}. ` +
      'The tags come from this action, so each image needs a repository of its own.',
  )
}

/** Names of targets know no dots; what then falls together gets a number. */
function namer(): (service: string) => string {
  const taken = new Set<string>()
  return (service) => {
    const plain = service.replace(/[^\w-]/g, '_')
    let name = plain
    for (let number = 2; taken.has(name); number += 1) name = `${plain}_${number}`
    taken.add(name)
    return name
  }
}
