import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatDotenv } from '../../src/compose/dotenv.ts'
import { type BundleRun, runBundle } from '../support/bundle.ts'
import { labFromContext } from '../support/lab/context.ts'
import { baseImageRef } from '../support/lab/images/index.ts'
import type { LabHost } from '../support/lab/lab.ts'
import { must } from '../support/lab/must.ts'
import { output } from '../support/lab/process.ts'

const path = '/home/deploy/secrets'

/** As hard to carry as they come, and each of them easy to find. */
const variables = {
  DATABASE_PASSWORD: `find-me-1 '"\\ $HOME \${PATH} $$ # = é漢😀`,
  SIGNING_KEY: '-----BEGIN KEY-----\nfind-me-2/AAAA+BBBB==\n}\n-----END KEY-----\n',
  DATABASE_URL: 'postgres://shop:find-me-3@db/shop',
}
const registryPassword = 'find-me-4-registry'
/** Pieces of them that survive any quoting, and what the login is in a Docker config. */
const needles = [
  ...['find-me-1', 'find-me-2', 'find-me-3', 'find-me-4'],
  Buffer.from(`ship:${registryPassword}`).toString('base64'),
]
/** Proves that a sampler sees what is there to see for a quarter of a second. */
const canary = 'canary-in-a-command-line'

let host: LabHost
let registry: string
let folder: string

beforeAll(async () => {
  const lab = labFromContext()
  host = lab.staging
  registry = lab.registry.url
  folder = await mkdtemp(join(tmpdir(), 'estiba-secrets-'))
  await host.exec(`mkdir -p /root/sampler && printf '%s\\n' ${[...needles, canary].join(' ')} >/root/sampler/needles`)
})
afterAll(async () => {
  await host.exec(`cd ${path}/current && docker compose down; rm -rf /root/sampler`)
  await rm(folder, { recursive: true, force: true })
})

async function deploy(
  version: string,
  image: string,
  more: Readonly<Record<string, string>> = {},
  state?: BundleRun['state'],
): Promise<BundleRun> {
  await writeFile(
    join(folder, 'compose.json'),
    JSON.stringify({
      services: {
        app: {
          image,
          command: ['python3', '-m', 'http.server', '8000'],
          environment: {
            ...Object.fromEntries(Object.keys(variables).map((name) => [name, `\${${name}}`])),
            VERSION: version,
          },
          healthcheck: { test: ['CMD', 'true'], interval: '1s' },
        },
      },
    }),
  )
  return runBundle('deploy-over-ssh', {
    inputs: {
      host: `${host.ssh.user}@${host.ssh.host}:${host.ssh.port}`,
      'ssh-key': host.privateKey,
      'known-hosts': host.knownHosts,
      path,
      stack: 'secrets',
      'project-directory': folder,
      'compose-files': 'compose.json',
      env: formatDotenv(new Map(Object.entries(variables))),
      registry,
      'registry-username': 'ship',
      'registry-password': registryPassword,
      version,
      'confirm-without-checks': 'true',
      ...more,
    },
    env: { GITHUB_WORKSPACE: folder },
    ...(state && { state }),
  })
}

/** Looks at every command line of this machine as often as it can. */
async function sampleHere<T>(work: Promise<T>): Promise<{ result: T; found: Set<string>; samples: number }> {
  const found = new Set<string>()
  let [samples, going] = [0, true]
  const done = work.finally(() => {
    going = false
  })
  while (going) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')))
    for (const needle of [...needles, canary]) if (lines.some((line) => line.includes(needle))) found.add(needle)
    samples += 1
    await sleep(10)
  }
  return { result: await done, found, samples }
}

/** The same inside the host, by a loop of its own; the patterns come from a file, or it would find itself. */
async function sampleThere<T>(work: () => Promise<T>): Promise<{ result: T; found: string; samples: number }> {
  const loop = `cd /root/sampler; rm -f found count stop; : >found
    while [ ! -e stop ]; do cat /proc/[0-9]*/cmdline 2>/dev/null | grep -aoFf needles >>found; echo >>count; sleep 0.01; done`
  const sampling = host.exec(loop)
  const result = await work().finally(() => host.exec('touch /root/sampler/stop'))
  await sampling
  return {
    result,
    found: await must(host, 'sort -u /root/sampler/found'),
    samples: Number(await must(host, 'wc -l </root/sampler/count')),
  }
}

/** Files of ours on the host that hold one of the secrets, with their modes. */
async function holders(): Promise<readonly string[]> {
  const found = await filesWithSecrets(`${path} /tmp /var/tmp /home/deploy /var/log`)
  // One that is gone by now holds nothing; the engine's runtime hands a health check its environment in a file of a moment.
  const stats = await must(
    host,
    `for file in ${found.join(' ')}; do stat -c '%a %U %n' "$file" 2>/dev/null; done; true`,
  )
  return stats.split('\n').filter((line) => line !== '' && !line.includes(' /tmp/runc-process'))
}

async function filesWithSecrets(places: string): Promise<readonly string[]> {
  const found = await must(host, `grep -rlaFf /root/sampler/needles ${places} 2>/dev/null | sort -u; true`)
  return found.split('\n').filter(Boolean)
}

function printed({ stdout, stderr, outputs, summary }: BundleRun): string {
  return [stdout.replaceAll(/^::add-mask::.*$/gm, ''), stderr, summary, JSON.stringify(outputs)].join('\n')
}

describe('a deploy with secrets', () => {
  test('has none of them in a command line, here or there, nor in what it prints', async () => {
    const image = baseImageRef(registry, 'python')
    const sampled = await sampleThere(() =>
      sampleHere(
        (async () => {
          await output(['sh', '-c', 'sleep 0.25', canary])
          await must(host, `sh -c 'sleep 0.25' ${canary}`)
          return deploy('v1', image)
        })(),
      ),
    )
    const { result: run, ...here } = sampled.result
    expect(run.code, run.stdout).toBe(0)
    expect([...here.found]).toEqual([canary])
    expect(sampled.found).toBe(canary)
    expect(here.samples).toBeGreaterThan(100)
    expect(sampled.samples).toBeGreaterThan(100)
    for (const needle of needles) expect(printed(run)).not.toContain(needle)
  })

  test('gives the container each value byte for byte', async () => {
    const printEnv = `import json, os; print(json.dumps({name: os.environ[name] for name in ${JSON.stringify(Object.keys(variables))}}))`
    const container = await must(host, 'docker ps -q --filter label=com.docker.compose.project=secrets')
    expect(JSON.parse(await must(host, `docker exec ${container} python3 -c '${printEnv}'`))).toEqual(variables)
  })

  test('leaves them in the release alone, which nobody else can read', async () => {
    const held = await holders()
    expect(held.map((line) => line.replace(/\/releases\/.*\//, '/releases/*/')).sort()).toEqual(
      held.map(() => `600 deploy ${path}/releases/*/compose.json`),
    )
    expect(held.length).toBeGreaterThan(0)
    const open = await must(host, `find ${path} ! -type l -perm /077 ! -path '${path}/files*' ! -path '${path}/edge*'`)
    expect(open).toBe('')
  })

  test('leaves none for other users to read, not even with the engine', async () => {
    const files = await filesWithSecrets(`${path} /tmp /var/tmp /home /var/log /run /etc`)
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      const read = await host.exec(`setpriv --reuid nobody --regid nogroup --clear-groups cat ${file}`)
      expect({ file, ...read }).toMatchObject({ code: 1, stdout: '' })
    }
  })

  test('leaves nothing of itself when the pull fails', async () => {
    const before = await holders()
    const run = await deploy('v2', `${registry}/lab/nowhere:1`)
    expect(run.code).toBe(1)
    expect(run.stdout).toContain('pull')
    expect(await holders()).toEqual(before)
    for (const needle of needles) expect(printed(run)).not.toContain(needle)
  })

  test('keeps its login for no longer than the pull, and nothing once it is taken back', async () => {
    const before = await holders()
    const [image, only] = [baseImageRef(registry, 'python'), { phase: 'prepare' }]
    const run = await deploy('v3', image, only)
    expect(run.code, run.stdout).toBe(0)
    expect(run.outputs['state']).toBe('prepared')
    expect(await must(host, `find ${path}/transactions -name docker -o -name config.json`)).toBe('')
    expect((await holders()).filter((line) => !line.startsWith('600 deploy '))).toEqual([])

    const post = await deploy('v3', image, only, run.state)
    expect(post.code, post.stdout).toBe(0)
    expect(await holders()).toEqual(before)
  })
})
