import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { effectsProgram, observeProgram } from '../../../src/agent/programs.ts'
import { script } from '../../../src/command/command.ts'
import { CADDY } from '../../../src/edge/caddy.ts'
import { edgeConfiguration } from '../../../src/edge/edge.ts'
import { HAPROXY } from '../../../src/edge/haproxy.ts'
import { NGINX } from '../../../src/edge/nginx.ts'
import { TRAEFIK } from '../../../src/edge/traefik.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'
import type { Answer } from '../../support/test-transaction.ts'

function run(stack: TestStack, effect: string): Promise<Answer> {
  const set = `umask 077; project=shop stack=${stack.path} release=v1 variant=a; export ESTIBA_TX=${stack.path}/tx`
  return stack.run({ argv: ['sh', '-c', [set, effectsProgram, effect].join('\n')] })
}

async function stage(stack: TestStack): Promise<number> {
  return (await run(stack, 'stage_edge')).code
}

/** What a release brings for its edges: each file has its own name in it, and that of the release. */
function bring(stack: TestStack, release: string, ...files: readonly string[]): void {
  for (const [file, text] of Object.entries(of(release, ...files))) put(stack, release, file, text)
}

function put(stack: TestStack, release: string, file: string, text: string | Uint8Array): void {
  const path = join(stack.path, 'releases', release, 'edge', file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function of(release: string, ...files: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(files.map((file) => [file, `${file} of ${release}\n`]))
}

const OWN = 'own/edge/etc_site.conf'

/** One is told to the edges, the other is brought by a transaction. Resolves to what they are told. */
async function twoReleases(stack: TestStack): Promise<Readonly<Record<string, string>>> {
  for (const release of ['v0', 'v1']) bring(stack, release, 'nginx.conf', OWN)
  await run(stack, 'release=v0; stage_edge')
  mkdirSync(join(stack.path, 'tx'))
  return contents(stack)
}

/** What the edges are told, file by file. */
function contents(stack: TestStack): Readonly<Record<string, string>> {
  const edge = join(stack.path, 'edge')
  const all = readdirSync(edge, { recursive: true, encoding: 'utf8' })
  const told = all.filter((file) => file.endsWith('.conf') && statSync(join(edge, file)).isFile())
  return Object.fromEntries(told.map((file) => [file, readFileSync(join(edge, file), 'utf8')]))
}

/** Traefik, which answers with a redirect to the folder that its file is for. */
const traefikOf = ({ path }: TestStack): string => `#!/bin/sh
case "$1 $3 $*" in
  'ps '*) echo c1 ;;
  *Mounts*) echo /etc/traefik/estiba ;;
  *9180*) sed "s|^traefik-\\(.*\\).conf of v1|Location: http://127.0.0.1:9180/\\1|" ${path}/edge/traefik.yml ;;
  *) exit 1 ;;
esac
`

describe.concurrent.each(SHELLS)('what the edge looks at, in %s', (shell) => {
  test('can be read by its workers, also after somebody has taken that away', async () => {
    await using stack = new TestStack(shell)
    const edge = join(stack.path, 'edge')
    bring(stack, 'v1', 'nginx.conf', 'server.conf')
    const parts = ['.', 'slots', 'slots/b-trial', 'slots/b-trial/trial', 'nginx.conf']
    const rights = (): readonly string[] => parts.map((part) => (statSync(join(edge, part)).mode & 0o777).toString(8))

    expect(await stage(stack)).toBe(0)
    expect(readlinkSync(join(edge, 'live'))).toBe('slots/a')
    expect(rights()).toEqual(['755', '755', '755', '644', '644'])
    for (const part of ['slots', 'slots/b-trial/trial', 'nginx.conf']) chmodSync(join(edge, part), 0o700)
    expect(await stage(stack)).toBe(0)
    expect(rights()).toEqual(['755', '755', '755', '755', '755'])
  })

  test('is there for another edge as well, as soon as there is one; what is there stays until it is given anew', async () => {
    await using stack = new TestStack(shell)
    bring(stack, 'v1', 'nginx.conf', 'server.conf')
    await stage(stack)
    symlinkSync('slots/b', join(stack.path, 'edge/next'))
    renameSync(join(stack.path, 'edge/next'), join(stack.path, 'edge/live'))
    rmSync(join(stack.path, 'releases/v1/edge'), { recursive: true })
    bring(stack, 'v1', 'caddy.conf', 'nginx.conf')
    writeFileSync(join(stack.path, 'releases/v1/edge/nginx.conf'), 'another')
    expect(await stage(stack)).toBe(0)
    expect(stack.lines('edge/caddy.conf')).toEqual(['caddy.conf of v1'])
    expect(stack.lines('edge/nginx.conf')).toEqual(['nginx.conf of v1'])
    expect(readlinkSync(join(stack.path, 'edge/live'))).toBe('slots/b')
  })

  test('is what the release brought, in the end nothing else, and as it was on the way back', async () => {
    await using stack = new TestStack(shell)
    const [own, folder] = ['own/edge/etc_site.conf', 'own/edge/etc_more']
    bring(stack, 'v0', 'nginx.conf', 'server.conf', own, `${folder}/a.conf`, `${folder}/b.conf`)
    await run(stack, 'release=v0; stage_edge')
    const before = contents(stack)
    const inode = statSync(join(stack.path, 'edge', own)).ino
    mkdirSync(join(stack.path, 'tx'))
    bring(stack, 'v1', 'caddy.conf', own, `${folder}/b.conf`, `${folder}/c d.conf`)

    expect((await run(stack, 'configure_edge')).code).toBe(0)
    expect(contents(stack)).toEqual({
      ...of('v0', 'nginx.conf', 'server.conf'),
      ...of('v1', 'caddy.conf', own, `${folder}/b.conf`, `${folder}/c d.conf`),
    })
    // A container has the file itself, whatever its folder says.
    expect(statSync(join(stack.path, 'edge', own)).ino).toBe(inode)
    stack.put('docker', '#!/bin/sh\n')
    expect((await run(stack, 'configure_edge_back')).code).toBe(0)
    expect(contents(stack)).toEqual(before)

    expect((await run(stack, 'configure_edge && tidy_edge && tidy_edge')).code).toBe(0)
    expect(contents(stack)).toEqual(of('v1', 'caddy.conf', own, `${folder}/b.conf`, `${folder}/c d.conf`))
  })

  test('is known again by what is told of it, whatever leads to a part of it', async () => {
    await using stack = new TestStack(shell)
    const edges = [NGINX, CADDY, HAPROXY, TRAEFIK].map((proxy) => ({ name: 'edge', proxy }))
    const slots = { subnets: { a: '10.213.0.0/24', b: '10.213.1.0/24' }, web: { web: { hosts: [10], port: 3000 } } }
    const own = { [OWN]: 'of the team' }
    const { files, hash } = edgeConfiguration(slots, edges, { name: 'shop', path: stack.path }, own)
    for (const [file, text] of Object.entries(files)) put(stack, 'v1', file, text)
    expect(await stage(stack)).toBe(0)
    const { lines } = await stack.run(script(observeProgram, stack.path, 'shop'))
    expect(lines).toContain(`edge\ta ${hash}`)
  })

  test('is as it was after a way back from any instant of it', async () => {
    await using stack = new TestStack(shell)
    const before = await twoReleases(stack)
    stack.put('docker', '#!/bin/sh\n')
    let instant = 0
    for (let code = 137; code !== 0;) {
      instant += 1
      // Each write is followed by a sync.
      const dies = `sync() { echo >>"$stack/syncs"; [ "$(wc -l <"$stack/syncs")" -ne ${instant} ] || { kill -9 $$; exit 137; }; }`
      code = (await run(stack, `rm -rf "$stack/syncs" "$stack/tx"; mkdir "$stack/tx"; ${dies}; configure_edge`)).code
      expect((await run(stack, 'configure_edge_back')).code).toBe(0)
      expect(contents(stack), `after sync ${instant}`).toEqual(before)
      expect(instant).toBeLessThan(20)
    }
    expect(instant).toBeGreaterThan(8)
  })

  test('stays as it was where its program, beside the one that runs, finds fault with it', async () => {
    await using stack = new TestStack(shell)
    const before = await twoReleases(stack)
    const mounts = [`${stack.path}/edge /etc/nginx/estiba`, `${stack.path}/edge/${OWN} /etc/site.conf`, '/data /data']
    stack.put(
      'docker',
      `#!/bin/sh
case "$1 $3 $*" in
  'ps '*) echo c1 ;;
  *'.Source'*) printf '%s\\n' ${mounts.map((mount) => `'${mount}'`).join(' ')} ;;
  *Mounts*) printf '%s\\n' /etc/nginx/estiba /etc/site.conf /data ;;
  *.Image*) echo sha256:1 ;;
  run*) echo "$@" | sed 's|${stack.path}|/stack|g'; cat ${stack.path}/tx/edge-tried/${OWN}; exit 1 ;;
  *) exit 1 ;;
esac
`,
    )
    const { code, lines } = await run(stack, 'configure_edge edge')
    expect(code).toBe(1)
    expect(lines).toEqual([
      'run --rm --network container:c1 --volumes-from c1:ro --volume /stack/tx/edge-tried:/etc/nginx/estiba:ro ' +
        `--volume /stack/tx/edge-tried/${OWN}:/etc/site.conf:ro --entrypoint nginx sha256:1 -t -q`,
      `${OWN} of v1`,
    ])
    expect(contents(stack)).toEqual(before)
  })

  test('is one configuration for each folder, of which Traefik reads the one that is live, and says which', async () => {
    await using stack = new TestStack(shell)
    const states = ['a', 'a-trial', 'b', 'b-trial']
    bring(stack, 'v1', ...states.map((state) => `traefik-${state}.conf`))
    expect(await stage(stack)).toBe(0)
    stack.put('docker', traefikOf(stack))
    for (const state of states) {
      const { code, lines } = await run(stack, `switch_edge ${state} && see_edge ${state} edge`)
      expect(code, lines.join('\n')).toBe(0)
      expect(stack.lines('edge/traefik.yml')).toEqual([`traefik-${state}.conf of v1`])
    }
    // What it reads is what was brought, and no file besides.
    expect(contents(stack)).toEqual(of('v1', ...states.map((state) => `traefik-${state}.conf`)))
    const { lines } = await run(stack, 'edge_files "$stack/edge"')
    expect([...lines].sort()).toEqual(states.map((state) => `traefik-${state}.conf`).sort())
    expect(
      (
        await run(
          stack,
          'uptime_seconds() { cat "$stack/uptime"; echo 99 >"$stack/uptime"; }; echo 1 >"$stack/uptime"; see_edge a edge',
        )
      ).code,
    ).toBe(1)
  })
})
