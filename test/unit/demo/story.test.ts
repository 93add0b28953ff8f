import { expect, test } from 'vitest'
import type { HostName, ImageComparison, Run } from '../../../scripts/demo/recording.mts'
import { type Scene, tellStory } from '../../../scripts/demo/story.mts'
import { aRun, phase } from './samples.ts'

const untold = { chapter: () => undefined, text: () => undefined }

/** A world in which everything goes as told, and in which tests let one thing go otherwise. */
class FakeScene implements Scene {
  readonly serving: Record<HostName, string> = { staging: 'nothing', production: 'nothing' }
  readonly did: string[] = []
  images: ImageComparison['services'] = [{ service: 'api', staging: 'sha256:a', production: 'sha256:a' }]
  /** Called with what somebody did, after the run. */
  after: (did: string) => Partial<Run> = () => ({})
  productionFailures = 0

  readonly shop = {
    release: (version: string) => Promise.resolve(version),
    addMigration: () => Promise.resolve('0004'),
    read: () => Promise.resolve("    Column('price', Integer),\n"),
    write: (_path: string, text: string) =>
      Promise.resolve(void this.did.push(text.includes('discount') ? 'break' : '')),
  }

  readonly pipeline = {
    push: (version: string) => this.#do(`push ${version}`, 'staging', version),
    tag: (version: string, name: string) => this.#do(`tag ${name}`, 'production', version),
    rollBack: (host: HostName, to: string) => this.#do(`roll back ${host}`, host, to),
  }

  expect(text: string, met: boolean): void {
    if (!met) throw new Error(text)
  }

  expectVersion(host: HostName, version: string): Promise<void> {
    this.expect(`${host} answers ${version}`, this.serving[host] === version)
    return Promise.resolve()
  }

  containers(host: HostName): Promise<string> {
    return Promise.resolve(this.serving[host])
  }

  failedSince(): number {
    return this.productionFailures
  }

  compareImages(version: string): Promise<ImageComparison> {
    return Promise.resolve({ version, services: this.images })
  }

  now(): number {
    return 0
  }

  #do(did: string, host: HostName, version: string): Promise<Run> {
    this.did.push(did)
    const broken = version === 'v3'
    if (!broken) this.serving[host] = version
    const phases = [phase('prepare', 0, 1), ...(did.startsWith('push') ? [phase('build', 0, 1)] : [])]
    const run = aRun({ version, host, phases, ...(broken && { result: 'failure', outcome: 'gone back' }) })
    return Promise.resolve({ ...run, ...this.after(did) })
  }
}

test('Three releases and a rollback, in their order', async () => {
  const scene = new FakeScene()
  await tellStory(scene, untold)
  const steps = ['push v1', 'tag v1.0.0', 'push v2', 'tag v2.0.0', 'break', 'push v3', 'roll back production']
  expect(scene.did).toEqual(steps)
})

const lies: Readonly<Record<string, [expected: string, lie: (scene: FakeScene) => void]>> = {
  'a push that goes to production too': [
    'production was not touched',
    (scene) => (scene.after = () => ((scene.serving.production = 'v1'), {})),
  ],
  'a push that lets production fail requests': [
    'production was not touched',
    (scene) => (scene.productionFailures = 1),
  ],
  'a red run': ['the push of v2 to main is green', (scene) => (scene.after = () => ({ result: 'failure' }))],
  'a tag that builds again': [
    'both hosts run the same digests, built once',
    (scene) => (scene.after = (did) => (did.startsWith('tag') ? { phases: [phase('build', 0, 1)] } : {})),
  ],
  'another image on production': [
    'both hosts run the same digests, built once',
    (scene) => (scene.images = [{ service: 'api', staging: 'sha256:a', production: 'sha256:b' }]),
  ],
  'no images at all': ['both hosts run the same digests, built once', (scene) => (scene.images = [])],
  'a broken release that is green': [
    'is red and has gone back',
    (scene) => (scene.after = (did) => (did === 'push v3' ? { result: 'success', outcome: 'confirmed' } : {})),
  ],
  'a broken release that stays': [
    'staging answers v2',
    (scene) => (scene.after = (did) => (did === 'push v3' ? ((scene.serving.staging = 'v3'), {}) : {})),
  ],
  'a rollback that changes nothing': [
    'production answers v1',
    (scene) => (scene.after = (did) => (did.startsWith('roll') ? ((scene.serving.production = 'v2'), {}) : {})),
  ],
}

test.each(Object.entries(lies))('%s ends the story', async (_, [expected, lie]) => {
  const scene = new FakeScene()
  lie(scene)
  await expect(tellStory(scene, untold)).rejects.toThrow(expected)
})
