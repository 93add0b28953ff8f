import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readAptSources, type AptSources } from '../apt.ts'
import { inCache } from '../cache.ts'
import { docker } from '../docker.ts'
import { output, progress, succeeds } from '../process.ts'

const SUITE = 'trixie'

// Documentation and translations are two thirds of a minimal Debian. Services don't start while packages are installed.
const slim = `set -eu
cd "$1"
cat >etc/dpkg/dpkg.cfg.d/slim <<'END'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/lintian/*
END
printf '#!/bin/sh\\nexit 101\\n' >usr/sbin/policy-rc.d
chmod 0755 usr/sbin/policy-rc.d
for folder in doc man info locale lintian; do rm -rf usr/share/$folder/*; done
rm -rf var/cache/apt/*.bin var/cache/apt/archives/*.deb var/cache/debconf/*-old var/lib/apt/lists/* var/log/*.log
tar -c . | docker import --change 'ENV DEBIAN_FRONTEND=noninteractive' --change 'CMD ["bash"]' - "$2"
`

/** What the base is made of, for the hash of everything above it. */
export const baseRecipe = `${SUITE}\n${slim}`

const image = `estiba-lab/base:${createHash('sha256').update(baseRecipe).digest('hex').slice(0, 12)}`

/**
 * A minimal Debian in the local engine. On Debian as root it is made from the machine's own package source, which needs no
 * image registry; elsewhere it is Debian's official slim image.
 */
export async function requireBase(): Promise<string> {
  if (await succeeds(['docker', 'image', 'inspect', image])) return image
  const sources = readAptSources()
  const debian = sources !== undefined && readFileSync('/etc/os-release', 'utf8').includes('\nID=debian')
  if (debian && process.getuid?.() === 0) await bootstrap(sources)
  else await pull()
  return image
}

async function bootstrap({ mirror, keyring }: AptSources): Promise<void> {
  progress(`makes a minimal Debian (${SUITE}), about a minute`)
  const folder = mkdtempSync(inCache('base-'))
  try {
    const trust = keyring === undefined ? [] : [`--keyring=${keyring}`]
    const tree = join(folder, 'tree')
    await output(['debootstrap', ...trust, '--variant=minbase', '--include=ca-certificates', SUITE, tree, mirror])
    await output(['sh', '-c', slim, 'slim', tree, image])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function pull(): Promise<void> {
  const official = `debian:${SUITE}-slim`
  progress(`pulls ${official}`)
  await docker('pull', '--quiet', official)
  await docker('tag', official, image)
}
