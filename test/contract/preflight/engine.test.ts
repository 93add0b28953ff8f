import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { SHELLS } from '../../support/agent.ts'
import { findOnPath } from '../../support/lab/find-on-path.ts'
import { run } from '../../support/lab/process.ts'

import { Ground } from '../../support/preflight.ts'

const NOBODY = '65534'
const ENGINE = '/var/run/docker.sock'
const ground = new Ground(`pf-engine-${randomBytes(4).toString('hex')}`)
const servers: Server[] = []

afterAll(() => {
  for (const server of servers) server.close()
  ground[Symbol.dispose]()
})

/** A socket that takes connections and never answers. */
async function mute(name: string): Promise<string> {
  const path = join(ground.folder, name)
  const server = createServer().listen(path)
  servers.push(server)
  await once(server, 'listening')
  return path
}

/** The socket of an engine that has died: the file is there, nobody listens. */
async function dead(name: string): Promise<string> {
  const server = createServer().listen(join(ground.folder, 'dying'))
  await once(server, 'listening')
  renameSync(join(ground.folder, 'dying'), join(ground.folder, name))
  server.close()
  await once(server, 'close')
  return join(ground.folder, name)
}

/** A PATH with all tools but some. */
function pathWithout(...missing: readonly string[]): readonly string[] {
  const bin = join(ground.folder, `without-${missing.join('-')}`)
  mkdirSync(bin)
  const tools =
    'docker flock setsid timeout tar gzip sha256sum sync awk xargs mktemp date id sed tr cat df stat dirname mv ln readlink rm head tail wc basename env setpriv unshare'
  for (const tool of tools.split(' ').filter((name) => !missing.includes(name)))
    symlinkSync(findOnPath(tool)[0] ?? '', join(bin, tool))
  return [bin]
}

test.each(SHELLS)('a host that has what it takes, by %s', async (shell) => {
  expect(await ground.verdict({ shell })).toBe('ready')
})

test('Docker is not installed', async () => {
  expect(await ground.verdict({ path: pathWithout('docker') })).toMatchInlineSnapshot(
    `"UsageError: - Docker is not installed; install Docker Engine with the Compose plugin: https://docs.docker.com/engine/install/"`,
  )
})

test('tools are missing', async () => {
  expect(await ground.verdict({ path: pathWithout('flock', 'xargs') })).toMatch(
    /^UsageError: - these tools are missing: flock, xargs; run once on the host: sudo (apt-get install|dnf install|apk add) util-linux findutils$/,
  )
})

test('the user is not in the group of the engine', async () => {
  expect(await ground.verdict({ user: NOBODY, env: { HOME: ground.folder } })).toMatchInlineSnapshot(
    `"UsageError: - nobody may not use the Docker engine: it can't write to /var/run/docker.sock; run once on the host: sudo usermod --append --groups docker nobody"`,
  )
})

test('the user is not in the group of the engine, and may use sudo', async () => {
  const bin = [ground.fake('sudo', 'exit 0')]
  expect(await ground.verdict({ user: NOBODY, env: { HOME: ground.folder }, bin })).toMatchInlineSnapshot(
    `"UsageError: - nobody may not use the Docker engine: it can't write to /var/run/docker.sock; run once on the host: sudo usermod --append --groups docker nobody. \`sudo docker\` works for this user, but nobody types sudo in a deploy: it is not used"`,
  )
})

test('the engine was never started', async () => {
  const env = { DOCKER_HOST: `unix://${ground.folder}/none.sock` }
  // Another engine on this machine would be pointed to.
  const mounts = `mount --bind ${await dead('gone.sock')} ${ENGINE}`
  expect(await ground.verdict({ env, mounts })).toMatchInlineSnapshot(
    `"UsageError: - the Docker engine does not run: there is no /folder/none.sock; start it: sudo systemctl enable --now docker"`,
  )
})

test('the engine has died', async () => {
  const mounts = `mount --bind ${await dead('dead.sock')} ${ENGINE}`
  expect(await ground.verdict({ mounts })).toMatchInlineSnapshot(
    `"UsageError: - the Docker engine does not run: nobody answers at /var/run/docker.sock (Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?); start it: sudo systemctl start docker"`,
  )
})

test('the engine hangs', async () => {
  const mounts = `mount --bind ${await mute('mute.sock')} ${ENGINE}`
  const start = performance.now()
  expect(await ground.verdict({ mounts })).toMatchInlineSnapshot(
    `"UsageError: - the Docker engine hangs: it took the request at /var/run/docker.sock and did not answer within 10 s; see its log (journalctl -u docker), and restart it: sudo systemctl restart docker"`,
  )
  expect(performance.now() - start).toBeLessThan(20_000)
})

test('an engine in the network can not be reached', async () => {
  const mounts = `mount --bind ${await dead('local.sock')} ${ENGINE}`
  expect(await ground.verdict({ env: { DOCKER_HOST: 'tcp://127.0.0.1:1' }, mounts })).toMatchInlineSnapshot(
    `"UsageError: - the Docker engine at tcp://127.0.0.1:1 can't be reached: Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?; see DOCKER_HOST and \`docker context ls\` of root"`,
  )
})

test('a rootless engine runs, but the client does not look there', async () => {
  const runtime = join(ground.folder, 'run')
  mkdirSync(runtime)
  symlinkSync(ENGINE, join(runtime, 'docker.sock'))
  const env = { DOCKER_HOST: `unix://${ground.folder}/none.sock`, XDG_RUNTIME_DIR: runtime }
  expect(await ground.verdict({ env })).toMatchInlineSnapshot(
    `"UsageError: - no Docker engine answers at unix:///folder/none.sock, where \`docker\` looks, but a rootless one does at unix:///folder/run/docker.sock; make it the default: docker context create rootless --docker host=unix:///folder/run/docker.sock && docker context use rootless (and let it run without a login: sudo loginctl enable-linger $USER)"`,
  )
})

test('a rootless engine is used where the client looks there, by a variable or a context', async () => {
  const other = join(ground.folder, 'rootless.sock')
  symlinkSync(ENGINE, other)
  const mine = { DOCKER_HOST: `unix://${other}` }
  expect(await ground.verdict({ env: mine })).toMatchInlineSnapshot(`
    "ready
    warning: the engine is found by DOCKER_HOST (unix:///folder/rootless.sock), which the minute job of cron does not have, so that nothing is recovered by itself; make a context of it: docker context create deploy --docker host=unix:///folder/rootless.sock && docker context use deploy, and take the variable from root"
  `)
  const env = { DOCKER_CONFIG: join(ground.folder, 'config'), DOCKER_HOST: '' }
  await run(['docker', 'context', 'create', 'rootless', '--docker', `host=unix://${other}`], { env })
  await run(['docker', 'context', 'use', 'rootless'], { env })
  expect(await ground.verdict({ env })).toBe('ready')
})

test('the engine is too old', async () => {
  const [docker = ''] = findOnPath('docker')
  const bin = [
    ground.fake('docker', `case "$1" in version) echo 19.03.15 linux/amd64 ;; *) exec ${docker} "$@" ;; esac`),
  ]
  expect(await ground.verdict({ bin })).toMatchInlineSnapshot(
    `"UsageError: - the Docker engine is 19.03.15; 20.10 is the oldest that is supported: upgrade it (https://docs.docker.com/engine/install/)"`,
  )
})

test('the engine answers, and then no more', async () => {
  const [docker = ''] = findOnPath('docker')
  const bin = [ground.fake('docker', `case "$1" in ps | images) exit 1 ;; *) exec ${docker} "$@" ;; esac`)]
  expect(await ground.verdict({ bin })).toMatchInlineSnapshot(
    `"UsageError: - the Docker engine answers, but not to docker ps, docker images within 10 s; see its log (journalctl -u docker), and run the job again"`,
  )
})

/** Hides the plugins of this machine. */
const withoutPlugins = ['/usr/libexec/docker', '/usr/lib/docker', '/usr/local/lib/docker', '/usr/local/libexec/docker']
  .map((folder) => `[ ! -d ${folder} ] || mount -t tmpfs none ${folder}`)
  .join('\n')

test('Compose is missing', async () => {
  const message = await ground.verdict({ mounts: withoutPlugins, env: { HOME: ground.folder } })
  expect(message.replace(/ \(\S+ is another program, and no longer maintained\)/, '')).toMatchInlineSnapshot(
    `"UsageError: - \`docker compose\` is missing; install the Compose plugin, version 2.20 or newer: https://docs.docker.com/compose/install/linux/"`,
  )
})

test('Compose is too old', async () => {
  const plugins = join(ground.folder, 'old/cli-plugins')
  mkdirSync(plugins, { recursive: true })
  const metadata = '{"SchemaVersion":"0.1.0","Vendor":"Docker Inc.","Version":"v2.17.3"}'
  const text = `#!/bin/sh\ncase "$1" in docker-cli-plugin-metadata) echo '${metadata}' ;; *) echo 2.17.3 ;; esac\n`
  writeFileSync(join(plugins, 'docker-compose'), text)
  chmodSync(join(plugins, 'docker-compose'), 0o755)
  expect(await ground.verdict({ env: { DOCKER_CONFIG: join(ground.folder, 'old') } })).toMatchInlineSnapshot(
    `"UsageError: - Docker Compose is 2.17.3; 2.20 is the oldest that is supported: upgrade the plugin"`,
  )
})

test('the clock is off', async () => {
  const [date = ''] = findOnPath('date')
  const bin = [ground.fake('date', `echo $(($(${date} +%s) - 3600))`)]
  expect((await ground.verdict({ bin })).replace(/3[56]\d\d s/, '3600 s')).toMatchInlineSnapshot(`
    "ready
    warning: the host's clock is 3600 s behind the runner's: certificates and the tokens of registries may be refused, and the times in the ledger are off; let the host keep its time (sudo timedatectl set-ntp true)"
  `)
})

test('all at once', async () => {
  const bin = [ground.fake('docker', 'case "$1" in version) echo 19.03.15 linux/amd64 ;; compose) exit 1 ;; esac')]
  const mounts = `${withoutPlugins}\nmount -t tmpfs -o ro none ${ground.folder}/srv`
  const message = await ground.verdict({ mounts, env: { HOME: ground.folder, SHELL: '/usr/bin/fish' }, bin })
  expect(message.replace(/ \(\S+ is another program, and no longer maintained\)/, '')).toMatchInlineSnapshot(`
    "UsageError: - the login shell of root is /usr/bin/fish, and what is sent to it is written for a POSIX shell; run once on the host: sudo usermod --shell /bin/sh root
    - the Docker engine is 19.03.15; 20.10 is the oldest that is supported: upgrade it (https://docs.docker.com/engine/install/)
    - \`docker compose\` is missing; install the Compose plugin, version 2.20 or newer: https://docs.docker.com/compose/install/linux/
    - the file system (tmpfs) of /srv is mounted read-only; mount it read-write, or give another \`path\`"
  `)
})
