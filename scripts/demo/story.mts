import type { Run } from './recording.mts'
import type { Pipeline } from './pipeline.mts'
import type { Shop } from '../../test/support/shop.ts'
import type { Stage } from './stage.mts'
import type { Terminal } from './terminal.mts'

/** What the story needs of the stage. */
export interface Scene extends Pick<
  Stage,
  'expect' | 'expectVersion' | 'containers' | 'failedSince' | 'compareImages' | 'now'
> {
  readonly shop: Pick<Shop, 'release' | 'addMigration' | 'read' | 'write'>
  readonly pipeline: Pick<Pipeline, 'push' | 'tag' | 'rollBack'>
}

/** Three releases of the shop and a rollback. Throws a StoryError where something did not come out as told. */
export async function tellStory(stage: Scene, terminal: Pick<Terminal, 'chapter' | 'text'>): Promise<void> {
  terminal.chapter('v1, the first release')
  await stage.shop.release('v1')
  const empty = await stage.containers('production')
  expectRun(stage, await stage.pipeline.push('v1'), 'success')
  await stage.expectVersion('staging', 'v1')
  stage.expect('production was not touched', (await stage.containers('production')) === empty)
  await promote(stage, 'v1')

  terminal.chapter('v2, with a migration of the database')
  await stage.shop.addMigration('stock', 'ALTER TABLE products ADD COLUMN stock integer NOT NULL DEFAULT 0')
  await stage.shop.release('v2')
  await pushBeside(stage, 'v2', 'success')
  await stage.expectVersion('staging', 'v2')
  await promote(stage, 'v2')

  terminal.chapter('v3, which reads a column that no migration makes')
  terminal.text(
    '        Its health checks are green; only who asks it sees that the shop is closed, and that is before any visitor does.',
  )
  await breakCode(stage)
  await stage.shop.release('v3')
  const since = stage.now()
  await pushBeside(stage, 'v3', 'failure')
  await stage.expectVersion('staging', 'v2')
  const failed = stage.failedSince('staging', since)
  stage.expect('no visitor of staging noticed', failed === 0, `${failed} requests failed`)

  terminal.chapter('Second thoughts: production back to v1')
  expectRun(stage, await stage.pipeline.rollBack('production', 'v1'), 'success')
  await stage.expectVersion('production', 'v1')
  await stage.expectVersion('staging', 'v2')
}

/** A tag takes what staging confirmed to production. Nothing is built again. */
async function promote(stage: Scene, version: string): Promise<void> {
  const run = await stage.pipeline.tag(version, `${version}.0.0`)
  expectRun(stage, run, 'success')
  await stage.expectVersion('production', version)
  const built = run.phases.some(({ name }) => name === 'build')
  const { services } = await stage.compareImages(version)
  const same = services.length > 0 && services.every(({ staging, production }) => staging === production)
  const seen = services.map(({ service, staging, production }) => `${service} ${staging} ${production}`)
  stage.expect('both hosts run the same digests, built once', same && !built, same ? 'built again' : seen.join('; '))
}

/** A push goes to staging alone: production serves on, and its containers are the same as before. */
async function pushBeside(stage: Scene, version: string, result: Run['result']): Promise<void> {
  const before = await stage.containers('production')
  const since = stage.now()
  expectRun(stage, await stage.pipeline.push(version), result)
  const failed = stage.failedSince('production', since)
  const same = (await stage.containers('production')) === before
  stage.expect(
    'production was not touched',
    same && failed === 0,
    same ? `${failed} requests failed` : 'other containers',
  )
}

function expectRun(stage: Scene, run: Run, result: Run['result']): void {
  const names = run.phases.map(({ name }) => name).join(', ')
  if (result === 'success') stage.expect(`the ${run.title} is green`, run.result === 'success', `red after ${names}`)
  else
    stage.expect(
      `the ${run.title} is red and has gone back`,
      run.outcome === 'gone back',
      `${run.outcome} after ${names}`,
    )
}

/** The next release selects a column of products that the database does not have. */
async function breakCode({ shop }: Scene): Promise<void> {
  const path = 'api/shop/database.py'
  const before = await shop.read(path)
  const after = before.replace("    Column('price', Integer),\n", "$&    Column('discount', Integer),\n")
  if (after === before) throw new Error(`${path} has no column price any more.`)
  await shop.write(path, after)
}
