/**
 * The base images that every lab's registry holds, as `127.0.0.1:PORT/lab/<name>:1`. Each runs the way the official image
 * of that name is run by Compose.
 */
export const baseImages = ['nginx', 'caddy', 'haproxy', 'postgres', 'redis', 'node', 'python'] as const

/** Those that few tests need: they add them to the registry of their lab (`addToRegistry`). */
export type FurtherImage = 'traefik'

export type BaseImage = (typeof baseImages)[number] | FurtherImage

/** The name of a base image in the registry at `registry` (`127.0.0.1:PORT`). */
export const baseImageRef = (registry: string, name: BaseImage) => `${registry}/lab/${name}:1`
