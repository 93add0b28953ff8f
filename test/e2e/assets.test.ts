import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BundleRun, runBundle } from '../support/bundle.ts'
import { BUSY_SHOP } from '../support/busy/busy-shop.ts'
import { labFromContext } from '../support/lab/context.ts'
import { docker } from '../support/lab/docker.ts'
import { baseImageRef } from '../support/lab/images/index.ts'
import type { LabHost } from '../support/lab/lab.ts'
import { someOf } from '../support/random.ts'
import { buildImage } from '../support/tiny-image.ts'

const RELEASES = ['r1', 'r2', 'r3', 'r4']
const check = "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/')"

/** What answers is Python, which serves what is in the image. */
const web = {
  image: '${IMAGE}',
  command: ['python3', '-m', 'http.server', '8000', '--directory', '/srv/www'],
  init: true,
  restart: 'always',
  stop_grace_period: '1s',
  labels: { 'estiba.assets': '/srv/www/assets' },
  healthcheck: { test: ['CMD', 'python3', '-c', check], interval: '1s' },
}

let host: LabHost
let registry: string
let folder: string

/** The page of a release asks for a file with its name; one has the same name in all of them. */
beforeAll(async () => {
  const lab = labFromContext()
  host = lab.staging
  registry = lab.registry.url
  folder = await mkdtemp(join(tmpdir(), 'estiba-assets-'))
  for (const release of RELEASES) {
    const make = `mkdir -p /srv/www/assets && cd /srv/www/assets && echo ${release} >app.${release}.js && cp app.${release}.js same.js`
    await buildImage(imageOf(release), `FROM ${baseImageRef(registry, 'python')}\nRUN ${make}\n`)
    await docker('push', '--quiet', imageOf(release))
  }
})
afterAll(async () => {
  for (const release of RELEASES) await docker('image', 'rm', '--force', imageOf(release))
  await rm(folder, { recursive: true, force: true })
})

const imageOf = (release: string): string => `${registry}/assets/site:${release}`

const LAYOUTS = [
  ['in slots', 8088],
  ['in turns', 8088],
] as const

describe.each(someOf(1, LAYOUTS))('%s', (how, port) => {
  const stack = how.replace(' ', '-')
  let project: string

  beforeAll(async () => {
    project = join(folder, stack)
    await cp(BUSY_SHOP, project, { recursive: true })
    const edge = {
      image: baseImageRef(registry, 'nginx'),
      ports: [`${port}:80`],
      volumes: ['./edge.conf:/etc/nginx/conf.d/default.conf:ro', './edge:/etc/nginx/estiba:ro'],
    }
    const services =
      how === 'in slots'
        ? { edge, web: { ...web, expose: ['8000'], deploy: { replicas: 2 } } }
        : { web: { ...web, ports: [`${port}:8000`] } }
    const site = 'include /etc/nginx/estiba/server.conf; location / { proxy_pass http://$estiba_web; }'
    await writeFile(
      join(project, 'edge.conf'),
      `include /etc/nginx/estiba/nginx.conf;\nserver { listen 80; proxy_connect_timeout 1s; ${site} }\n`,
    )
    await writeFile(join(project, 'compose.yml'), JSON.stringify({ services }))
  })
  afterAll(async () => {
    const containers = `docker ps --all --quiet --filter label=com.docker.compose.project=${stack}`
    await host.exec(`docker rm --force $(${containers}); rm -rf /home/deploy/${stack}`)
  })

  function step(action: string, more: Readonly<Record<string, string>>): Promise<BundleRun> {
    const { ssh, privateKey, knownHosts } = host
    const inputs = {
      host: `${ssh.user}@${ssh.host}:${ssh.port}`,
      'ssh-key': privateKey,
      'known-hosts': knownHosts,
      path: `/home/deploy/${stack}`,
      stack,
      'confirm-without-checks': 'true',
      'github-token': '',
      ...more,
    }
    return runBundle(action, { inputs, env: { GITHUB_WORKSPACE: project } })
  }

  async function deploy(release: string): Promise<void> {
    const { code, stdout } = await step('deploy-over-ssh', {
      'project-directory': project,
      env: `IMAGE=${imageOf(release)}`,
      version: release,
      drain: '0s',
      keep: '3',
    })
    expect(code, stdout).toBe(0)
  }

  /** What a page of each release gets, asked often enough to meet each replica, and the file of the same name. */
  async function answers(): Promise<readonly string[]> {
    const seen = new Set<string>()
    for (let time = 0; time < 4; time++)
      for (const file of [...RELEASES.map((release) => `app.${release}.js`), 'same.js']) {
        const response = await fetch(`${host.url(port)}/assets/${file}`, { headers: { connection: 'close' } })
        seen.add(`${file} ${response.ok ? (await response.text()).trim() : response.status}`)
      }
    return [...seen].filter((line) => !line.endsWith(' 404')).sort()
  }

  test('a page that was opened before a switch finds its files as long as its release is kept, and after a way back', async () => {
    await deploy('r1')
    expect(await answers()).toEqual(['app.r1.js r1', 'same.js r1'])
    await deploy('r2')
    expect(await answers()).toEqual(['app.r1.js r1', 'app.r2.js r2', 'same.js r2'])
    await deploy('r3')
    expect(await answers()).toEqual(['app.r1.js r1', 'app.r2.js r2', 'app.r3.js r3', 'same.js r3'])
    await deploy('r4')
    expect(await answers()).toEqual(['app.r2.js r2', 'app.r3.js r3', 'app.r4.js r4', 'same.js r4'])

    const back = await step('rollback', { keep: '3' })
    expect(back.code, back.stdout).toBe(0)
    expect(await answers()).toEqual(['app.r2.js r2', 'app.r3.js r3', 'app.r4.js r4', 'same.js r3'])
  })
})
