import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runBundle } from '../support/bundle.ts'
import { labFromContext } from '../support/lab/context.ts'
import { baseImageRef } from '../support/lab/images/index.ts'

/** A real host that lacks something for a while. The causes one by one are in test/contract/preflight. */
const { staging: host, registry } = labFromContext()
const STACK = 'preflight'
const PORT = 8087
let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'estiba-preflight-e2e-'))
  const web = { image: baseImageRef(registry.url, 'nginx'), ports: [`${PORT}:80`] }
  await writeFile(join(project, 'compose.yml'), JSON.stringify({ services: { web } }))
})
afterAll(async () => {
  await rm(project, { recursive: true })
})

/** All that a deploy could have left on the host. */
async function traces(): Promise<string> {
  const { stdout } = await host.exec(
    `ls -A /srv /srv/${STACK} /mnt 2>&1; docker ps --all --quiet --filter label=com.docker.compose.project=${STACK}; docker network ls --quiet | wc -l`,
  )
  return stdout
}

async function deploy(path = `/srv/${STACK}`): Promise<{ code: number | null; told: string }> {
  const { user, host: address, port } = host.ssh
  const { code, stdout } = await runBundle('deploy-over-ssh', {
    inputs: {
      host: `${user}@${address}:${port}`,
      'ssh-key': host.privateKey,
      'known-hosts': host.knownHosts,
      path,
      stack: STACK,
      'project-directory': project,
      'confirm-without-checks': 'true',
      'dry-run': 'true',
    },
    env: { GITHUB_WORKSPACE: project },
  })
  return { code, told: stdout.replaceAll('%0A', '\n') }
}

/** Takes something from the host, deploys, gives it back. Resolves to what was told; nothing may have changed. */
async function without(take: string, giveBack: string, path?: string): Promise<string> {
  const before = await traces()
  try {
    const taken = await host.exec(take)
    expect(taken.code, taken.stderr).toBe(0)
    const { code, told } = await deploy(path)
    expect(code, told).toBe(1)
    expect(told).toContain('is not ready; nothing was changed:')
    return told
  } finally {
    await host.exec(giveBack)
    expect(await traces()).toBe(before)
  }
}

test('a host that has all of it: the plan says how long it may take', async () => {
  const { code, told } = await deploy()
  expect(code, told).toBe(0)
  expect(told).toMatch(/note: at most \d+ min[ \ds]* in all \(waiting for its turn 10 min, prepare/)
})

test('a user who was taken out of the group docker', async () => {
  const told = await without('gpasswd --delete deploy docker', 'gpasswd --add deploy docker')
  expect(told).toContain("deploy may not use the Docker engine: it can't write to /var/run/docker.sock")
  expect(told).toContain('sudo usermod --append --groups docker deploy')
  // The plugin needs no engine to say its version.
  expect(told).not.toContain('docker compose')
})

test('a user whose login shell was taken away', async () => {
  const told = await without('usermod --shell /usr/sbin/nologin deploy', 'usermod --shell /bin/bash deploy')
  expect(told).toContain('deploy can log in but not run commands')
})

test('an engine that hangs', async () => {
  const start = performance.now()
  const told = await without('kill -STOP $(cat /run/docker.pid)', 'kill -CONT $(cat /run/docker.pid)')
  expect(told).toContain('the Docker engine hangs')
  expect(performance.now() - start).toBeLessThan(30_000)
})

test('a disk that went read-only, a port that somebody has: all in one message', async () => {
  const told = await without(
    `mkdir /mnt/ro && mount -t tmpfs -o ro none /mnt/ro && (setsid socat TCP-LISTEN:${PORT},fork PIPE >/dev/null 2>&1 & echo $! >/run/preflight.pid); sleep 0.5`,
    'kill $(cat /run/preflight.pid); umount /mnt/ro; rmdir /mnt/ro',
    '/mnt/ro/shop',
  )
  expect(told).toContain('the file system (tmpfs) of /mnt/ro is mounted read-only')
  expect(told).toContain(
    `services.web publishes port ${PORT}/tcp, where a process of the host listens already, of the user root`,
  )
})

test('a greeting of the login shell is a note of the plan', async () => {
  await host.exec('cp /home/deploy/.bashrc /run/bashrc && sed -i "1i echo Welcome to staging" /home/deploy/.bashrc')
  try {
    const { code, told } = await deploy()
    expect(code, told).toBe(0)
    expect(told).toContain('note: the login shell of deploy prints "Welcome to staging" before it runs a command')
  } finally {
    await host.exec('cp /run/bashrc /home/deploy/.bashrc')
  }
})
