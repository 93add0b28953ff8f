import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'
import { docker } from '../../support/lab/docker.ts'
import { run } from '../../support/lab/process.ts'
import { buildImage, buildTinyImage } from '../../support/tiny-image.ts'

const base = `assets-${randomBytes(4).toString('hex')}`
const folder = '/srv/www/assets'

/** An image with those files in the folder; what is in one is the name of the release and a line's end. */
async function build(release: string, files: readonly string[]): Promise<void> {
  const made = files.map(
    (file) => `mkdir -p $(dirname ${file}) && echo ${release} >${file} && chmod 640 ${file} && chown 33:34 ${file}`,
  )
  const lines = [
    `FROM ${base}:tiny`,
    `WORKDIR ${folder}`,
    ...made.map((line) => `RUN ${line}`),
    `RUN ln -s ${folder} /srv/link`,
  ]
  await buildImage(`${base}:${release}`, `${lines.join('\n')}\n`)
}

const RELEASES = ['r1', 'r2', 'r3', 'r4']

beforeAll(async () => {
  await buildTinyImage(`${base}:tiny`)
  await build('r1', ['app.1.js', 'index.js', 'old/chunk.1.js'])
  await build('r2', ['app.2.js', 'index.js'])
  await build('r3', ['app.3.js', 'index.js'])
  await build('r4', ['app.2.js', 'index.js'])
})
afterAll(async () => {
  for (const release of [...RELEASES, 'tiny']) await docker('image', 'rm', '--force', `${base}:${release}`)
})

/** A stack's folder, and containers as Compose makes them for its releases. */
class Site implements AsyncDisposable {
  readonly stack: TestStack
  readonly project = `${base}-${randomBytes(3).toString('hex')}`
  readonly #made: string[] = []

  constructor(shell: (typeof SHELLS)[number]) {
    this.stack = new TestStack(shell)
    for (const release of RELEASES) mkdirSync(join(this.stack.path, 'releases', release), { recursive: true })
    mkdirSync(join(this.stack.path, 'tx'))
  }

  async create(release: string): Promise<string> {
    const labels = {
      'com.docker.compose.project': this.project,
      'com.docker.compose.oneoff': 'False',
      'com.docker.compose.service': 'web',
      'estiba.definition': release,
      'estiba.slot': 'plain',
    }
    const labelled = Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`])
    const id = await docker('create', '--stop-signal', 'KILL', ...labelled, `${base}:${release}`)
    this.#made.push(id)
    return id
  }

  async effect(release: string, live: string, kept: string, folders = folder) {
    const set = `umask 077; project=${this.project} stack=${this.stack.path} release=${release} variant=plain; export ESTIBA_TX=${this.stack.path}/tx`
    const line = `share_assets '${live}' '${kept}' web=${release}:${folders}`
    const { code, lines } = await this.stack.run({ argv: ['sh', '-c', `${set}\n${effectsProgram}\n${line} 2>&1`] })
    return { code, lines }
  }

  /** What a container has in the folder: owner, mode, path and, for a file, what is in it. */
  async files(container: string): Promise<readonly string[]> {
    await docker('start', container)
    const show = `cd ${folder} && find . -type f | sort | while read -r f; do stat -c '%u:%g %a' $f; echo $f; cat $f; done`
    const lines = (await docker('exec', container, 'sh', '-c', show)).split('\n')
    return lines.flatMap((line, at) => (at % 3 === 0 ? [[line, ...lines.slice(at + 1, at + 3)].join(' ')] : []))
  }

  archives(release: string): readonly string[] {
    return this.stack.list(`releases/${release}/assets`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#made.length > 0) await docker('rm', '--force', '--volumes', ...this.#made)
    await this.stack[Symbol.asyncDispose]()
  }
}

const archive = ['web%srv%www%assets.tar']

describe.each(SHELLS)('the files of kept releases, in %s', (shell) => {
  test('are laid beside the new ones, whose own win; of a release from before the label they are taken where it runs', async () => {
    await using site = new Site(shell)
    await docker('start', await site.create('r1'))
    const replicas = [await site.create('r2'), await site.create('r2')]
    // Twice: a crash may come between the effect and its record.
    for (let time = 0; time < 2; time++) {
      expect(await site.effect('r2', 'r1', 'r1')).toEqual({ code: 0, lines: [] })
      expect([site.archives('r1'), site.archives('r2')]).toEqual([archive, archive])
    }
    const expected = ['./app.1.js r1', './app.2.js r2', './index.js r2', './old/chunk.1.js r1']
    for (const replica of replicas)
      expect(await site.files(replica)).toEqual(expected.map((file) => `33:34 640 ${file}`))
    expect(site.stack.list('tx')).not.toContain('assets')
  })

  test('a release hands on its own alone; of the same name the latest counts; who lacks nothing is given nothing', async () => {
    await using site = new Site(shell)
    for (const [release, live, kept] of [
      ['r1', '', ''],
      ['r2', 'r1', 'r1'],
      ['r3', 'r2', 'r2,r1'],
    ] as const) {
      await docker('start', await site.create(release))
      expect(await site.effect(release, live, kept)).toEqual({ code: 0, lines: [] })
    }
    const own = join(site.stack.path, 'releases/r2/assets', ...archive)
    const { stdout } = await run(['tar', '-tf', own])
    expect(stdout.trim().split('\n').sort()).toEqual(['assets/', 'assets/app.2.js', 'assets/index.js'])

    const fourth = await site.create('r4')
    expect(await site.effect('r4', 'r3', 'r3')).toEqual({ code: 0, lines: [] })
    const files = ['./app.2.js r4', './app.3.js r3', './index.js r4']
    expect(await site.files(fourth)).toEqual(files.map((file) => `33:34 640 ${file}`))

    rmSync(join(site.stack.path, 'releases/r4/assets'), { recursive: true })
    const again = await site.create('r4')
    await docker('rm', '--force', fourth)
    expect(await site.effect('r4', 'r2', 'r2')).toEqual({ code: 0, lines: [] })
    expect(await docker('diff', again)).toBe('')
  })

  test('of what somebody started by hand they are taken, too', async () => {
    await using site = new Site(shell)
    await docker('start', await site.create('r1'))
    const fresh = await site.create('r2')
    expect(await site.effect('r2', '', '')).toEqual({ code: 0, lines: [] })
    expect(await site.files(fresh)).toHaveLength(4)
    expect(site.stack.list('tx')).not.toContain('assets')
  })

  test('what served may have none; what is new must have them, and not behind a link', async () => {
    await using site = new Site(shell)
    await docker('start', await site.create('r1'))
    await site.create('r2')
    for (const wrong of ['/srv/none', '/srv/link', '/bin/busybox']) {
      const { code, lines } = await site.effect('r2', 'r1', 'r1', wrong)
      expect(code).toBe(1)
      expect(lines.at(-1)).toBe(
        `services.web.labels: estiba.assets is ${wrong}, and the image has no such folder: write its own path, not a link's`,
      )
    }
    expect(site.archives('r2')).toEqual([])

    const other = await site.create('r3')
    await docker('cp', join(site.stack.path, 'releases'), `${other}:/srv/more`)
    const { code, lines } = await site.effect('r3', 'r1', 'r1', `${folder},/srv/more`)
    expect({ code, lines: lines.filter((line) => !line.startsWith('Error')) }).toEqual({
      code: 0,
      lines: ['what serves of web has no folder /srv/more: nothing of it is kept'],
    })
    expect(readdirSync(join(site.stack.path, 'releases/r3/assets')).sort()).toEqual(['web%srv%more.tar', ...archive])
    expect(site.archives('r1')).toEqual(archive)
  })
})
