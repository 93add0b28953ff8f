import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { labFromContext } from '../support/lab/context.ts'
import { baseImageRef } from '../support/lab/images/index.ts'
import { startLab, type Exited, type LabHost } from '../support/lab/lab.ts'
import { run } from '../support/lab/process.ts'

const PORT = 8089
const STACK = '/srv/lab-test'
const folder = mkdtempSync(join(tmpdir(), 'estiba-lab-test-'))
const lab = labFromContext()

/** The OpenSSH client with the pinned key and nothing of the user's own configuration. */
function ssh(host: LabHost, command: string, knownHosts = host.knownHosts): Promise<Exited> {
  const key = join(folder, 'key')
  const pinned = join(folder, 'known_hosts')
  writeFileSync(key, host.privateKey, { mode: 0o600 })
  writeFileSync(pinned, knownHosts)
  const options = ['StrictHostKeyChecking=yes', `UserKnownHostsFile=${pinned}`, 'IdentitiesOnly=yes', 'BatchMode=yes']
  const { user, host: address, port } = host.ssh
  return run([
    ...(['ssh', '-F', '/dev/null', '-i', key, '-p', String(port)] as const),
    ...options.flatMap((option) => ['-o', option]),
    `${user}@${address}`,
    command,
  ])
}

async function status(url: string): Promise<number | 'unreachable'> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).status
  } catch {
    return 'unreachable'
  }
}

afterAll(async () => {
  await lab.staging.exec(`cd ${STACK} && docker compose down --volumes && rm -r ${STACK}`)
  rmSync(folder, { recursive: true })
})

describe.each([lab.staging, lab.production])('the $name host', (host) => {
  test('lets deploy in with the lab key, and only under the host key that was read from inside it', async () => {
    expect(await ssh(host, 'id -un; hostname')).toMatchObject({ code: 0, stdout: `deploy\n${host.name}\n` })
    const other = host === lab.staging ? lab.production : lab.staging
    const wrong = other.knownHosts.replaceAll(`:${other.ssh.port} `, `:${host.ssh.port} `)
    const refused = await ssh(host, 'true', wrong)
    expect(refused.code).toBe(255)
    expect(refused.stderr).toContain('Host key verification failed')
  })

  test('has what a deploy needs: compose for deploy, flock, setsid, curl, tar, cron', async () => {
    const { code, stderr } = await ssh(
      host,
      'docker compose version && docker info && which flock setsid curl tar crontab',
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('a stack on the staging host', () => {
  beforeAll(async () => {
    const image = baseImageRef(lab.registry.url, 'nginx')
    const compose = JSON.stringify({
      services: { web: { image, restart: 'always', ports: [`${PORT}:80`] } },
    })
    const started = await ssh(
      lab.staging,
      `mkdir ${STACK} && cd ${STACK} && echo '${compose}' >compose.yaml && docker compose up --detach --wait`,
    )
    expect(started.code, started.stderr).toBe(0)
  })

  test('answers from outside, out of the registry of the lab', async () => {
    expect(await status(lab.staging.url(PORT))).toBe(200)
    expect(await status(lab.production.url(PORT))).toBe('unreachable')
  })

  test('is gone when the power goes, and back after a boot, with another boot id', async () => {
    const bootId = async () => (await lab.staging.exec('cat /proc/sys/kernel/random/boot_id')).stdout
    const before = await bootId()
    await lab.staging.cutOff()
    expect(await status(lab.staging.url(PORT))).toBe('unreachable')
    expect((await ssh(lab.staging, 'true')).code).toBe(255)

    await lab.staging.boot()
    await expect.poll(() => status(lab.staging.url(PORT)), { timeout: 20_000 }).toBe(200)
    expect((await ssh(lab.staging, 'true')).code).toBe(0)
    expect(await bootId()).not.toBe(before)
  })

  test('is not met by a second lab at the same time, which leaves nothing behind', async () => {
    const left = (id: string) => run(['docker', 'ps', '--all', '--quiet', '--filter', `label=estiba.lab=${id}`])
    const ports = (host: LabHost) => [host.ssh.port, host.url(80), host.url(PORT)]
    let id: string
    {
      await using second = await startLab({ name: 'second' })
      id = second.id
      expect((await left(id)).stdout).not.toBe('')
      expect(await status(second.staging.url(PORT))).toBe('unreachable')
      expect(second.registry.url).not.toBe(lab.registry.url)
      expect(ports(second.staging)).not.toEqual(expect.arrayContaining(ports(lab.staging)))
      expect((await ssh({ ...second.staging, privateKey: lab.staging.privateKey }, 'true')).stderr).toContain('denied')
      const image = baseImageRef(lab.registry.url, 'redis')
      expect((await ssh(second.staging, `docker pull ${image}`)).code).not.toBe(0)
    }
    expect((await left(id)).stdout).toBe('')
    expect(await status(lab.staging.url(PORT))).toBe(200)
  })
})
