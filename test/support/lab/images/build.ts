import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inCache, withLock } from '../cache.ts'
import { tool } from '../ci-tools.ts'
import { docker } from '../docker.ts'
import { findPorts } from '../ports.ts'
import { progress, succeeds } from '../process.ts'
import { baseRecipe, requireBase } from './base.ts'
import { baseImageRef, baseImages, type FurtherImage } from './index.ts'

/** Names of images in the local engine. */
export interface LabImages {
  readonly host: string
  /** The registry with every base image already in it. */
  readonly registry: string
}

const recipes = import.meta.dirname
const nodeFolder = join(recipes, '../../../../node_modules', `node-linux-${process.arch}`, 'bin')

/** The images of a lab, out of the engine, the cache, or built from Debian's packages, whichever is there first. */
export function requireImages(): Promise<LabImages> {
  return withLock('images', async () => {
    const images: LabImages = {
      host: imageName('host'),
      registry: `estiba-lab/registry-full:${hash(['registry', ...baseImages].map(imageName).join('\n'))}`,
    }
    if (await areInEngine(images)) return images
    const archive = inCache('images', `${hash(JSON.stringify(images))}.tar`)
    if (existsSync(archive)) {
      progress(`loads the images of the lab from ${archive}`)
      await docker('load', '--quiet', '--input', archive)
      if (await areInEngine(images)) return images
    }
    await buildAll(images)
    await saveAll(images, archive)
    return images
  })
}

async function buildAll(images: LabImages): Promise<void> {
  const started = Date.now()
  const base = await requireBase()
  // Two at a time: it is a matter of one processor and one download each.
  for (const pair of [
    ['host', 'postgres'],
    ['python', 'nginx'],
    ['node', 'redis'],
    ['caddy', 'haproxy'],
    ['registry'],
  ]) {
    progress(`builds ${pair.join(' and ')}`)
    await Promise.all(pair.map((name) => build(name, base)))
  }
  progress('fills the registry of the lab')
  await fillRegistry(images.registry)
  progress(`images are built (${Math.round((Date.now() - started) / 1000)} s)`)
}

async function build(name: string, base: string): Promise<void> {
  const image = imageName(name)
  if (await isInEngine(image)) return
  await docker(
    'build',
    '--quiet',
    '--network=host',
    '--build-arg',
    `BASE=${base}`,
    ...(await binaryOf(name)),
    '--tag',
    image,
    join(recipes, name),
  )
}

/** What no package of Debian's has. */
async function binaryOf(name: string): Promise<readonly string[]> {
  if (name === 'node') return ['--build-context', `node-binary=${nodeFolder}`]
  if (name === 'traefik') return ['--build-context', `traefik-binary=${dirname(await tool('traefik'))}`]
  return []
}

/** Has the registry of a lab hold one that few tests need. */
export async function addToRegistry(registry: string, name: FurtherImage): Promise<void> {
  await withLock('images', async () => build(name, await requireBase()))
  await push(baseImageRef(registry, name), name)
}

async function push(as: string, name: string): Promise<void> {
  await docker('tag', imageName(name), as)
  await docker('push', '--quiet', as)
  await docker('rmi', as)
}

/** What is pushed once, here, is there in every lab from its first second on. */
async function fillRegistry(full: string): Promise<void> {
  const { registry: port } = await findPorts()
  const container = await docker('run', '--detach', '--publish', `127.0.0.1:${port}:5000`, imageName('registry'))
  try {
    for (const name of baseImages) await push(baseImageRef(`127.0.0.1:${port}`, name), name)
    await docker('commit', container, full)
  } finally {
    await docker('rm', '--force', '--volumes', container)
  }
}

/** One archive at a time: an older recipe is not needed again. */
async function saveAll(images: LabImages, archive: string): Promise<void> {
  for (const old of readdirSync(dirname(archive))) rmSync(join(dirname(archive), old))
  await docker('save', '--output', `${archive}.new`, images.host, images.registry)
  renameSync(`${archive}.new`, archive)
}

const isInEngine = (image: string) => succeeds(['docker', 'image', 'inspect', image])

async function areInEngine({ host, registry }: LabImages): Promise<boolean> {
  return (await isInEngine(host)) && (await isInEngine(registry))
}

/** Name and recipe: a changed file in the image's folder makes another image. */
function imageName(name: string): string {
  const folder = join(recipes, name)
  const files = readdirSync(folder).sort()
  const contents = files.map((file) => `${file}\n${readFileSync(join(folder, file), 'utf8')}`)
  const binary = name === 'node' ? process.version : ''
  return `estiba-lab/${name}:${hash([baseRecipe, binary, ...contents].join('\n'))}`
}

/** Twelve hexadecimal digits that stand for a text. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
