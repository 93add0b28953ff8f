/**
 * Writes the tables of inputs and outputs between the markers of the documentation, from action.yml and the reusable
 * workflows, so that they can't tell different stories.
 *
 *   npm run docs               write
 *   npm run docs -- --check    write nothing, exit 1 and name what is not up to date
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { documents } from './documents.mts'
import { root } from './bundle.mts'

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
const stale: string[] = []

for (const { path, text } of documents()) {
  const file = join(root, path)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
  stale.push(path)
  if (!values.check) writeFileSync(file, text)
}

if (values.check && stale.length > 0) {
  console.error(`Not what action.yml and the workflows say: ${stale.join(', ')}. Write them with: npm run docs`)
  process.exitCode = 1
} else {
  for (const path of stale) console.log(`wrote ${path}`)
}
