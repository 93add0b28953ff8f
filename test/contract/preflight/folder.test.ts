import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SHELLS } from '../../support/agent.ts'
import { output } from '../../support/lab/process.ts'
import { asRoot, type Circumstances } from '../../support/local-remote.ts'
import { Ground } from '../../support/preflight.ts'

let ground: Ground
let srv: string
beforeEach(() => {
  ground = new Ground(`pf-folder-${randomBytes(4).toString('hex')}`)
  srv = join(ground.folder, 'srv')
})
afterEach(() => {
  ground[Symbol.dispose]()
})

function root(program: string, ...args: readonly string[]): void {
  const [first = program, ...rest] = [...asRoot(), program, ...args]
  execFileSync(first, rest)
}

const NOBODY = '65534'
const tmpfs = (options: string) => `mount -t tmpfs -o ${options} none ${srv}`
/** What is told a user without any rights, but for what this file is not about. */
const asNobody = async (circumstances: Circumstances = {}) => {
  const message = await ground.verdict({ user: NOBODY, env: { HOME: ground.folder }, ...circumstances })
  return message
    .split('\n')
    .filter((line) => !line.includes('may not use the Docker engine'))
    .join('\n')
}

test.each(SHELLS)('the trial leaves nothing behind, by %s', async (shell) => {
  mkdirSync(ground.stack.path)
  expect(await ground.verdict({ shell })).toBe('ready')
  expect(readdirSync(ground.stack.path)).toEqual([])
})

test('a folder above the stack that may not be written', async () => {
  root('chmod', '755', srv)
  expect(await asNobody()).toMatchInlineSnapshot(
    `"- nobody can't write to /srv, so /srv/shop can't be made; run once on the host: sudo install -d -o nobody /srv/shop"`,
  )
})

test("the stack's own folder may not be written", async () => {
  mkdirSync(ground.stack.path)
  expect(await asNobody()).toMatchInlineSnapshot(
    `"- nobody can't write to /srv/shop (mktemp: failed to create directory via template '/srv/shop/.estiba-trial-XXXXXX': Permission denied); run once on the host: sudo chown nobody /srv/shop && sudo chmod u+rwx /srv/shop"`,
  )
})

test('parts of the stack belong to somebody else', async () => {
  mkdirSync(join(ground.stack.path, 'releases'), { recursive: true })
  writeFileSync(join(ground.stack.path, 'ledger.jsonl'), '')
  root('chown', NOBODY, ground.stack.path)
  expect(await asNobody()).toMatchInlineSnapshot(
    `"- nobody can't write to /srv/shop/ledger.jsonl, /srv/shop/releases, which belong to somebody else; run once on the host: sudo chown --recursive nobody /srv/shop/ledger.jsonl /srv/shop/releases"`,
  )
})

test('a file system that is mounted read-only', async () => {
  expect(await ground.verdict({ mounts: tmpfs('ro') })).toMatchInlineSnapshot(
    `"UsageError: - the file system (tmpfs) of /srv is mounted read-only; mount it read-write, or give another \`path\`"`,
  )
})

test('a file where a folder should be, and a link to nowhere', async () => {
  writeFileSync(ground.stack.path, '')
  expect(await ground.verdict()).toMatchInlineSnapshot(
    `"UsageError: - /srv/shop is no folder, so /srv/shop can't be made; move it away, or give another \`path\`"`,
  )
  expect(await ground.verdict({ mounts: `${tmpfs('size=600m')}; ln -s /nowhere ${ground.stack.path}` })).toBe(
    "UsageError: - /srv/shop is no folder, so /srv/shop can't be made; move it away, or give another `path`",
  )
})

test('too little space', async () => {
  expect(await ground.verdict({ mounts: tmpfs('size=100m') })).toMatchInlineSnapshot(
    `"UsageError: - only 100 MiB of disk are free for /srv/shop, and 512 MiB are needed; make room there (sudo du -xh --max-depth 2)"`,
  )
})

test('too few inodes', async () => {
  expect(await ground.verdict({ mounts: tmpfs('size=600m,nr_inodes=60') })).toMatchInlineSnapshot(
    `"UsageError: - only 59 inodes are free for /srv/shop, and 2000 are needed: the file system holds no more files, however much space is left; remove many small files (df --inodes), or make room there (sudo du -xh --max-depth 2)"`,
  )
})

test('no inode at all, and no block', async () => {
  expect(await ground.verdict({ mounts: tmpfs('size=600m,nr_inodes=1') })).toMatchInlineSnapshot(
    `"UsageError: - only 0 inodes are free for /srv/shop, and 2000 are needed: the file system holds no more files, however much space is left; remove many small files (df --inodes), or make room there (sudo du -xh --max-depth 2)"`,
  )
  const full = `${tmpfs('size=64k')}; dd if=/dev/zero of=${srv}/fill bs=4k count=16 2>/dev/null || true`
  expect(await ground.verdict({ mounts: full })).toMatchInlineSnapshot(
    `"UsageError: - only 0 MiB of disk are free for /srv/shop, and 512 MiB are needed; make room there (sudo du -xh --max-depth 2)"`,
  )
})

test("too little space and too few inodes for the engine's images", async () => {
  const place = await output(['docker', 'info', '--format', '{{.DockerRootDir}}'])
  const message = await ground.verdict({ mounts: `mount -t tmpfs -o size=100m,nr_inodes=60 none ${place}` })
  expect(message.replaceAll(place, '/var/lib/docker')).toMatchInlineSnapshot(`
    "UsageError: - only 100 MiB of disk are free for /var/lib/docker, and 512 MiB are needed; make room (docker system df, docker image prune)
    - only 59 inodes are free for /var/lib/docker, and 2000 are needed: the file system holds no more files, however much space is left; remove many small files (df --inodes), or make room (docker system df, docker image prune)"
  `)
})

test('what will be pulled counts three times', async () => {
  const place = await output(['docker', 'info', '--format', '{{.DockerRootDir}}'])
  const image = { service: 'api', image: 'ghcr.io/acme/api@sha256:0', platform: undefined }
  const platform = await output(['docker', 'version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'])
  const demand = (bytes: number) => ({
    images: [{ ...image, platforms: { [platform]: bytes } }],
    ports: [],
    memory: [],
  })
  const mounts = `mount -t tmpfs -o size=1g none ${place}`
  expect(await ground.verdict({ mounts }, demand(100 * 1024 * 1024))).toBe('ready')
  const message = await ground.verdict({ mounts }, demand(200 * 1024 * 1024))
  expect(message.replaceAll(place, '/var/lib/docker')).toMatchInlineSnapshot(
    `"UsageError: - only 1.0 GiB of disk are free for /var/lib/docker, and 1.1 GiB are needed (600 MiB of them for the images that are pulled); make room (docker system df, docker image prune)"`,
  )
})

// No file system of this kernel lacks these: a tool that fails as on one that does stands for it.
test.each([
  ['ln', 'echo "ln: failed to create symbolic link: Operation not permitted" >&2; exit 1', 'make a symbolic link'],
  ['flock', 'echo "flock: 9: No locks available" >&2; exit 1', 'lock a file'],
  ['mv', 'echo "mv: cannot move: Invalid cross-device link" >&2; exit 1', 'rename over a link'],
  ['sync', 'echo "sync: error syncing: Invalid argument" >&2; exit 1', 'sync'],
])('a file system on which %s fails', async (tool, text, part) => {
  const message = await ground.verdict({ bin: [ground.fake(tool, text)] })
  expect(message).toMatch(
    new RegExp(
      `^UsageError: - the file system \\(\\w+\\) of /srv can't ${part} \\(${tool}: .*\\); a transaction needs that: `,
    ),
  )
})

test('the folder of another stack', async () => {
  mkdirSync(join(ground.stack.path, 'releases/20261121-233000-v1/plain'), { recursive: true })
  writeFileSync(
    join(ground.stack.path, 'releases/20261121-233000-v1/plain/.env'),
    'COMPOSE_PROJECT_NAME=blog\nCOMPOSE_FILE=compose.json\n',
  )
  expect(await ground.verdict()).toMatchInlineSnapshot(
    `"UsageError: - /srv/shop is the folder of another stack, blog; give shop a \`path\` of its own, or write stack: blog if it is meant"`,
  )
  symlinkSync('releases/20261121-233000-v1/plain', join(ground.stack.path, 'current'))
  expect(await ground.verdict()).toContain('is the folder of another stack, blog')
})

test("a folder that is reached through a link is the stack's own", async () => {
  mkdirSync(join(srv, 'elsewhere'))
  symlinkSync('elsewhere', ground.stack.path)
  expect(await ground.verdict()).toBe('ready')
})
