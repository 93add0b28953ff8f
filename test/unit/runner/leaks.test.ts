import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { escapeMarkdown } from '../../../src/runner/markdown.ts'
import type { Leaks } from './actions/leak.ts'

const PROCESSES = 10
const SECRETS_EACH = 100

vi.setConfig({ testTimeout: 120_000 })

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'estiba-leaks-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const line = fc
  .oneof(
    fc.stringMatching(/^[A-Za-z0-9]{4,40}$/),
    fc.stringMatching(/^[A-Za-z0-9+/]{20,180}={0,2}$/),
    fc
      .array(
        fc.constantFrom(
          '$',
          "'",
          '"',
          '\\',
          '`',
          '#',
          '=',
          ' ',
          '%',
          '&',
          '<',
          '>',
          '/',
          '+',
          '_',
          '*',
          '::',
          '##[',
          'é',
          '漢',
          '😀',
          'a',
          'Q',
          '7',
        ),
        { minLength: 6, maxLength: 16 },
      )
      .map((parts) => parts.join('')),
  )
  .filter((text) => text.trim().length >= 4)

/** Passwords, tokens, phrases with every special character, and keys of several lines. */
const secret = fc.oneof(
  { weight: 5, arbitrary: line },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.oneof(line, fc.constantFrom('}', '')), { minLength: 2, maxLength: 5 })
      .map((lines) => `first${lines.join('\n')}last`),
  },
)

/** How programs write a secret; each gives what must not be seen, and perhaps something around it. */
const writers: readonly ((
  secret: string,
  around: string,
) => { readonly text: string; readonly leak: readonly string[] })[] = [
  (secret) => ({ text: secret, leak: secret.split('\n') }),
  (secret, around) => inBase64(secret, around, 'base64'),
  (secret, around) => inBase64(secret, around, 'base64url'),
  ...[
    (secret: string) => encodeURIComponent(secret),
    (secret: string) => new URLSearchParams({ secret }).toString().slice('secret='.length),
    (secret: string) => JSON.stringify(secret).slice(1, -1),
    (secret: string) => secret.replaceAll("'", "'\\''"),
    (secret: string) => secret.replaceAll(/[\\"$]/g, '\\$&'),
    (secret: string) => secret.replaceAll(/[\\"$]/g, '\\$&').replaceAll('\n', '\\n'),
    (secret: string) => escapeMarkdown(secret),
    (secret: string) => Buffer.from(secret).toString('hex'),
    (secret: string) => Buffer.from(secret).toString('hex').toUpperCase(),
  ].map((write) => (secret: string) => ({ text: write(secret), leak: write(secret).split('\n') })),
]

/** With bytes before and after it, its first and last characters may depend on those. */
function inBase64(secret: string, around: string, encoding: 'base64' | 'base64url') {
  const text = Buffer.from(`${around}${secret}${around}`).toString(encoding)
  const [before, length] = [Buffer.byteLength(around), Buffer.byteLength(secret)]
  return { text, leak: [text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + length) * 8) / 6))] }
}

/** Random pieces of a text, cut between any two bytes. */
function cut(text: string, cuts: readonly number[]): readonly string[] {
  const bytes = Buffer.from(text)
  const places = cuts.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b)
  return [0, ...places].map((start, index) => bytes.subarray(start, places[index]).toString('base64'))
}

const leaky = fc.record({
  secret,
  around: fc.stringMatching(/^[ -~]{0,4}$/),
  cuts: fc.array(fc.nat(), { maxLength: 6 }),
})

/**
 * Everything that an action let out, but for the commands that tell the runner what to mask, and for the random marks between
 * outputs, in which any four digits turn up.
 */
async function shown(leaks: Leaks, fails: boolean): Promise<string> {
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') }
  const file = join(folder, 'leaks.json')
  await Promise.all([
    ...Object.values(files).map((path) => writeFile(path, '')),
    writeFile(file, JSON.stringify(leaks)),
  ])
  const env = { ...files, INPUT_FILE: file, INPUT_FAILS: String(fails) }
  const program = join(import.meta.dirname, 'actions', 'leak.ts')
  const args = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', program]
  const stdout = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { env, maxBuffer: 1e9 }, (_error, stdout, stderr) => {
      resolve(`${stdout}\n${stderr}`)
    })
  })
  expect(stdout).toContain('::warning::')
  const rest = stdout.replaceAll(/^::add-mask::.*$/gm, '').replaceAll('%25', '%')
  const written = await Promise.all(Object.values(files).map((path) => readFile(path, 'utf8')))
  return [rest, ...written].join('\n').replaceAll(/^output-\d+<<ghadelimiter_.*$|ghadelimiter_[\da-f-]{36}/gm, '')
}

test.each([false, true])(
  `${PROCESSES * SECRETS_EACH} random secrets, however written and cut, are in nothing that is shown; the step fails: %s`,
  async (fails) => {
    const seed = Date.now() % 2 ** 31
    const all = fc.sample(leaky, { numRuns: PROCESSES * SECRETS_EACH, seed })
    let [written, masked] = [0, 0]
    for (let from = 0; from < all.length; from += SECRETS_EACH) {
      const some = all.slice(from, from + SECRETS_EACH)
      const texts = some.flatMap(({ secret, around, cuts }) =>
        writers.map((write) => ({ ...write(secret, around), secret, cuts })),
      )
      const log = await shown(
        { secrets: some.map(({ secret }) => secret), printed: texts.map(({ text, cuts }) => cut(text, cuts)) },
        fails,
      )
      const leaked = texts.flatMap(({ leak, secret }) =>
        leak
          .filter((piece) => piece.trim().length >= 4 && log.includes(piece.trim()))
          .map((piece) => ({ piece, secret })),
      )
      expect(leaked, `seed ${seed}`).toEqual([])
      written += texts.length
      masked += log.split('***').length - 1
    }
    expect(masked).toBeGreaterThan(written * 2)
  },
)
