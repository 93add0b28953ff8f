import { expect, test } from 'vitest'
import { UsageError } from '../../../src/errors.ts'
import { checkHost, type Preflight } from '../../../src/preflight/check.ts'
import type { HostFacts, NoEngine } from '../../../src/stack/host-facts.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { emptyHost, readyHost } from '../../support/stack.ts'

const stack = { name: 'shop', path: '/srv/shop' }
const demand = { images: [], ports: [], memory: [] }
const why: NoEngine = { ...readyHost.noEngine, error: 'no luck', endpoint: 'unix:///var/run/docker.sock' }

/** What is refused, a line each; empty when all is well. */
function problems(
  host: Partial<HostFacts>,
  change: Partial<Observation> = {},
  preflight: Partial<Preflight> = {},
): string {
  try {
    checkHost(
      { ...emptyHost, ...change, host: { ...readyHost, ...host } },
      { stack, demand, host: 'deploy@web1', ...preflight },
    )
    return ''
  } catch (error) {
    return String(error).replace('UsageError: deploy@web1 is not ready; nothing was changed:\n', '')
  }
}

const warnings = (host: Partial<HostFacts>) =>
  checkHost({ ...emptyHost, host: { ...readyHost, ...host } }, { stack, host: 'deploy@web1' }).join('\n')

test('a host that has what it takes', () => {
  expect(problems({})).toBe('')
  expect(warnings({})).toBe('')
})

test('everything that is wrong is told at once, each with its fix, also what others found', () => {
  const space = { device: '1', freeKiB: 200_000, freeInodes: 12 }
  expect(() =>
    checkHost(
      {
        ...emptyHost,
        host: {
          ...readyHost,
          missing: ['flock', 'setsid', 'sha256sum'],
          compose: '2.17.3',
          folder: { ...readyHost.folder, trial: 'make a folder: mktemp: Permission denied', space },
        },
      },
      { stack, demand, host: 'deploy@web1', problems: ['the edge has no mount of edge/; add it'] },
    ),
  ).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: deploy@web1 is not ready; nothing was changed:
    - these tools are missing: flock, setsid, sha256sum; run once on the host: sudo apt-get install util-linux coreutils
    - Docker Compose is 2.17.3; 2.20 is the oldest that is supported: upgrade the plugin
    - deploy can't write to /srv, so /srv/shop can't be made; run once on the host: sudo install -d -o deploy /srv/shop
    - only 195 MiB of disk are free for /srv/shop, and 512 MiB are needed; make room there (sudo du -xh --max-depth 2)
    - only 12 inodes are free for /srv/shop, and 2000 are needed: the file system holds no more files, however much space is left; remove many small files (df --inodes), or make room there (sudo du -xh --max-depth 2)
    - the edge has no mount of edge/; add it]
  `)
})

test('what others found on a host that is ready is told as they put it', () => {
  const problems = ['the configuration of nginx: x', 'services.api: y']
  expect(() => checkHost(emptyHost, { stack, demand, host: 'deploy@web1', problems })).toThrow(
    new UsageError('the configuration of nginx: x\nservices.api: y'),
  )
})

test.each([
  ['alpine', 'sudo apk add'],
  ['ubuntu debian', 'sudo apt-get install'],
  ['rocky rhel centos fedora', 'sudo dnf install'],
  ['', 'sudo apt-get install'],
])('missing tools are had on %s by %s', (system, command) => {
  expect(problems({ missing: ['xargs', 'awk'], system })).toBe(
    `- these tools are missing: xargs, awk; run once on the host: ${command} gawk findutils`,
  )
})

test('without Docker there is one thing to do, not two', () => {
  expect(problems({ missing: ['docker'], docker: undefined, engine: undefined, compose: undefined })).toBe(
    '- Docker is not installed; install Docker Engine with the Compose plugin: https://docs.docker.com/engine/install/',
  )
})

test.each(['20.10.24', '26.1.5+dfsg1', '29.0.0-rc.1'])('engine %s is new enough', (version) => {
  expect(problems({ engine: { version, platform: 'linux/amd64', rootless: false } })).toBe('')
})

test.each(['1.13.1', '19.03.15', '20.9.0'])('engine %s is too old', (version) => {
  expect(problems({ engine: { version, platform: 'linux/amd64', rootless: false } })).toBe(
    `- the Docker engine is ${version}; 20.10 is the oldest that is supported: upgrade it (https://docs.docker.com/engine/install/)`,
  )
})

test('an engine that does not list what it has', () => {
  expect(problems({ unanswered: ['docker ps', 'docker images'] })).toMatchInlineSnapshot(
    `"- the Docker engine answers, but not to docker ps, docker images within 10 s; see its log (journalctl -u docker), and run the job again"`,
  )
})

test('an engine for Windows containers', () => {
  expect(problems({ engine: { version: '27.0.0', platform: 'windows/amd64', rootless: false } })).toContain(
    'switch it to Linux containers',
  )
})

test.each(['2.20.0', 'v2.20.3', '2.26.1-4', '5.0.1'])('Compose %s is new enough', (compose) => {
  expect(problems({ compose })).toBe('')
})

test.each(['1.29.2', '2.9.0', 'v2.19.1'])('Compose %s is too old', (compose) => {
  expect(problems({ compose })).toBe(
    `- Docker Compose is ${compose}; 2.20 is the oldest that is supported: upgrade the plugin`,
  )
})

test('an engine without Compose, and with the old one', () => {
  expect(problems({ compose: undefined })).toMatchInlineSnapshot(
    `"- \`docker compose\` is missing; install the Compose plugin, version 2.20 or newer: https://docs.docker.com/compose/install/linux/"`,
  )
  expect(problems({ compose: undefined, oldCompose: '/usr/bin/docker-compose' })).toMatchInlineSnapshot(
    `"- \`docker compose\` is missing (/usr/bin/docker-compose is another program, and no longer maintained); install the Compose plugin, version 2.20 or newer: https://docs.docker.com/compose/install/linux/"`,
  )
})

test('why there is no engine', () => {
  const without = (change: Partial<NoEngine>) => problems({ engine: undefined, noEngine: { ...why, ...change } })
  expect(without({ socket: 'denied' })).toMatchInlineSnapshot(
    `"- deploy may not use the Docker engine: it can't write to /var/run/docker.sock; run once on the host: sudo usermod --append --groups docker deploy"`,
  )
  expect(without({ socket: 'denied', sudo: true })).toMatchInlineSnapshot(
    `"- deploy may not use the Docker engine: it can't write to /var/run/docker.sock; run once on the host: sudo usermod --append --groups docker deploy. \`sudo docker\` works for this user, but nobody types sudo in a deploy: it is not used"`,
  )
  expect(without({ socket: 'missing' })).toMatchInlineSnapshot(
    `"- the Docker engine does not run: there is no /var/run/docker.sock; start it: sudo systemctl enable --now docker"`,
  )
  expect(without({ socket: 'silent' })).toMatchInlineSnapshot(
    `"- the Docker engine does not run: nobody answers at /var/run/docker.sock (no luck); start it: sudo systemctl start docker"`,
  )
  expect(without({ endpoint: 'tcp://10.0.0.1:2376' })).toMatchInlineSnapshot(
    `"- the Docker engine at tcp://10.0.0.1:2376 can't be reached: no luck; see DOCKER_HOST and \`docker context ls\` of deploy"`,
  )
  expect(without({ socket: 'missing', other: 'unix:///run/user/1000/docker.sock' })).toMatchInlineSnapshot(
    `"- no Docker engine answers at unix:///var/run/docker.sock, where \`docker\` looks, but a rootless one does at unix:///run/user/1000/docker.sock; make it the default: docker context create rootless --docker host=unix:///run/user/1000/docker.sock && docker context use rootless (and let it run without a login: sudo loginctl enable-linger $USER)"`,
  )
  expect(
    without({ socket: 'missing', endpoint: 'unix:///run/user/1000/docker.sock', other: 'unix:///var/run/docker.sock' }),
  ).toMatchInlineSnapshot(
    `"- no Docker engine answers at unix:///run/user/1000/docker.sock, where \`docker\` looks, but one does at unix:///var/run/docker.sock; make it the default: docker context use default, and take DOCKER_HOST out of the start-up files"`,
  )
})

test('the folder', () => {
  const folder = (change: Partial<HostFacts['folder']>) => problems({ folder: { ...readyHost.folder, ...change } })
  expect(folder({ trial: 'make a folder: mktemp: Permission denied', nearest: '/srv/shop' })).toMatchInlineSnapshot(
    `"- deploy can't write to /srv/shop (mktemp: Permission denied); run once on the host: sudo chown deploy /srv/shop && sudo chmod u+rwx /srv/shop"`,
  )
  expect(folder({ trial: 'make a folder: mktemp: Permission denied' })).toMatchInlineSnapshot(
    `"- deploy can't write to /srv, so /srv/shop can't be made; run once on the host: sudo install -d -o deploy /srv/shop"`,
  )
  expect(folder({ trial: 'make a symbolic link: ln: not supported', mount: 'vfat rw' })).toMatchInlineSnapshot(
    `"- the file system (vfat) of /srv can't make a symbolic link (ln: not supported); a transaction needs that: use a file system of Linux such as ext4, xfs or btrfs for the stack"`,
  )
  expect(folder({ notFolder: '/srv/shop' })).toMatchInlineSnapshot(
    `"- /srv/shop is no folder, so /srv/shop can't be made; move it away, or give another \`path\`"`,
  )
  expect(
    folder({ mount: 'ext4 ro,relatime', trial: 'make a folder: x', foreign: ['/srv/shop/lock'] }),
  ).toMatchInlineSnapshot(
    `"- the file system (ext4) of /srv is mounted read-only; mount it read-write, or give another \`path\`"`,
  )
  expect(folder({ foreign: ['/srv/shop/lock', '/srv/shop/releases'] })).toMatchInlineSnapshot(
    `"- deploy can't write to /srv/shop/lock, /srv/shop/releases, which belong to somebody else; run once on the host: sudo chown --recursive deploy /srv/shop/lock /srv/shop/releases"`,
  )
})

test('a full file system is told as such, not as a folder that can not be written', () => {
  const full = { device: '1', freeKiB: 9_000_000, freeInodes: 0 }
  const folder = { ...readyHost.folder, space: full, trial: 'make a folder: mktemp: No space left on device' }
  expect(problems({ folder })).toMatchInlineSnapshot(
    `"- only 0 inodes are free for /srv/shop, and 2000 are needed: the file system holds no more files, however much space is left; remove many small files (df --inodes), or make room there (sudo du -xh --max-depth 2)"`,
  )
})

test('a rollback is held up by a full disk only when its journal would not fit', () => {
  const room = (freeKiB: number) =>
    checkHost(
      {
        ...emptyHost,
        host: { ...readyHost, folder: { ...readyHost.folder, space: { device: '1', freeKiB, freeInodes: 100 } } },
      },
      { stack, host: 'deploy@web1' },
    )
  expect(room(16_384)).toEqual([])
  expect(() => room(16_383)).toThrow('only 15 MiB of disk are free for /srv/shop, and 16 MiB are needed')
})

test('another stack', () => {
  expect(problems({ folder: { ...readyHost.folder, owner: 'blog' } })).toMatchInlineSnapshot(
    `"- /srv/shop is the folder of another stack, blog; give shop a \`path\` of its own, or write stack: blog if it is meant"`,
  )
  expect(problems({ folder: { ...readyHost.folder, owner: 'shop' } })).toBe('')
  const running = (working: string, more: Readonly<Record<string, string>> = {}) => ({
    containers: [
      {
        id: 'x',
        name: '/shop-api-1',
        status: 'running',
        labels: { 'com.docker.compose.project.working_dir': working, ...more },
        mounts: [],
        image: 'api',
        networks: [],
        restart: 'always',
      },
    ],
  })
  const ours = { 'estiba.definition': '0123' }
  expect(problems({}, running('/opt/shop/project', ours))).toMatchInlineSnapshot(
    `"- another stack of the name shop runs from /opt/shop; give this one another name with \`stack\`, or write path: /opt/shop if that one is meant"`,
  )
  expect(problems({}, running('/srv/shop/project', ours))).toBe('')
  // `docker compose up` by hand, where it may be run.
  expect(problems({}, running('/srv/shop/current', ours))).toBe('')
  expect(problems({}, running('/srv/shop/releases/v1/a', ours))).toBe('')
  expect(problems({}, running('/srv/shop-staging/project', ours))).toContain('runs from /srv/shop-staging')
  expect(
    problems({ folder: { ...readyHost.folder, realPath: '/data/shop' } }, running('/data/shop/project', ours)),
  ).toBe('')
  // Started by hand: it is taken over.
  expect(problems({}, running('/home/deploy/shop'))).toBe('')
})

test('warnings', () => {
  expect(warnings({ clockAhead: 30 })).toBe('')
  expect(
    warnings({
      clockAhead: -3601,
      banner: ['Welcome'],
      docker: '/snap/bin/docker',
      dockerHost: 'unix:///run/user/1000/docker.sock',
    }),
  ).toMatchInlineSnapshot(`
    "the login shell of deploy prints "Welcome" before it runs a command, which mixes with the answers of the host; let its start-up files (~/.bashrc, ~/.profile) print only when the shell is interactive
    the host's clock is 3601 s behind the runner's: certificates and the tokens of registries may be refused, and the times in the ledger are off; let the host keep its time (sudo timedatectl set-ntp true)
    Docker comes from a snap (/snap/bin/docker), which sees only some folders of the host: mounts from others are empty there. Install Docker Engine from its own packages instead
    the engine is found by DOCKER_HOST (unix:///run/user/1000/docker.sock), which the minute job of cron does not have, so that nothing is recovered by itself; make a context of it: docker context create deploy --docker host=unix:///run/user/1000/docker.sock && docker context use deploy, and take the variable from deploy"
  `)
})
