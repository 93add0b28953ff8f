import { buildFields } from './build-fields.ts'
import { labelsOf } from './labels.ts'
import type { Origin } from './labels.ts'
import type { Project } from './project.ts'
import type { Target } from './target.ts'

export interface BakeOptions {
  readonly tags: readonly string[]
  readonly origin: Origin
  readonly push: boolean
}

/** A bake graph: https://docs.docker.com/build/bake/reference/ */
export interface BakeFile {
  readonly group: { readonly default: { readonly targets: readonly string[] } }
  readonly target: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** What `docker buildx bake` is to do, with the variables of its environment that the graph takes secrets from. */
export interface Bake {
  readonly file: BakeFile
  /** By the name in the compose file, which is also the name in the graph's environment. */
  readonly secretVariables: readonly string[]
}

/** Makes one graph of all targets, so that they share a builder session, layers and each other as contexts. */
export function bakeOf(project: Project, targets: readonly Target[], { tags, origin, push }: BakeOptions): Bake {
  const built = targets.map((target) => {
    const { labels, secretVariables, ...fields } = buildFields(target.service, project, targets)
    const title = target.repository.split('/').at(-1) ?? target.repository
    return {
      name: target.name,
      secretVariables,
      definition: escaped({
        ...fields,
        labels: labelsOf(origin, title, labels),
        tags: tags.map((tag) => `${target.repository}:${tag}`),
        output: [push ? 'type=registry' : 'type=cacheonly'],
      }) as Readonly<Record<string, unknown>>,
    }
  })
  return {
    file: {
      group: { default: { targets: built.map(({ name }) => name) } },
      target: Object.fromEntries(built.map(({ name, definition }) => [name, definition])),
    },
    secretVariables: [...new Set(built.flatMap(({ secretVariables }) => secretVariables))].sort(),
  }
}

/** Strings of a bake file are templates; doubling makes their markers plain text again. Keys are templates as well. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/[$%]\{/g, (marker) => `${marker[0] ?? ''}${marker}`)
  if (Array.isArray(value)) return value.map(escaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [escaped(key), escaped(member)]))
}
