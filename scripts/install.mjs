// Puts node_modules in place before anything else runs. Plain JavaScript without imports from npm, for any Node from 18 on.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stamp = join(root, 'node_modules', '.estiba-stamp')
const node = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')

/** @param {string} text @returns {never} */
function refuse(text) {
  console.error(text)
  process.exit(1)
}

// Byte for byte and not by date: a checkout sets dates as it likes.
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  if (process.platform !== 'linux') refuse(`Estiba is developed and tested on Linux; this is ${process.platform}.`)
  if (spawnSync('npm', ['--version']).status !== 0) refuse('npm is missing: install Node.js with npm, 18 or newer.')
  console.error('Installs the npm packages of package-lock.json (a minute or so)')
  const started = Date.now()
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (result.status !== 0) refuse('npm ci failed; its own words are above.')
  writeFileSync(stamp, wanted)
  console.error(`npm packages are installed (${Math.round((Date.now() - started) / 1000)} s)`)
}

// npm puts node_modules/.bin first on PATH, so that the next command of an npm script finds Node 24 there; it is called
// through `env`, since the shell remembers where it found `node` before.
if (!existsSync(node) && Number(process.versions.node.split('.')[0]) < 24) {
  refuse(
    `Node.js 24 is needed. Its npm package (node-linux-${process.arch}) is not there, and this is ${process.version}: ` +
      'install Node.js 24, or run npm ci without --omit=optional.',
  )
}
