import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Env, formatDotenv, parseDotenv } from '../../../src/compose/dotenv.ts'
import { bareEnvironment, formatModel, renderCompose } from '../../../src/compose/render.ts'
import { UsageError } from '../../../src/errors.ts'
import { docker } from '../../support/lab/docker.ts'
import { buildImage } from '../../support/tiny-image.ts'

const name = `estiba-env-${randomBytes(4).toString('hex')}`
const image = `${name}:empty`
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'estiba-env-'))
  await buildImage(image, 'FROM scratch\nLABEL estiba.test=env\n')
})
afterAll(async () => {
  await docker('image', 'rm', '--force', image)
  await rm(folder, { recursive: true, force: true })
})

/** One service that has every variable in its environment. */
async function composeFile(names: Iterable<string>): Promise<string> {
  const file = join(folder, 'compose.json')
  const environment = Object.fromEntries([...names].map((variable) => [variable, `\${${variable}}`]))
  await writeFile(file, JSON.stringify({ services: { app: { image, command: ['none'], environment } } }))
  return file
}

/** What Compose's own parser makes of a text. */
async function readByCompose(text: string, names: readonly string[]): Promise<Record<string, string>> {
  const file = await composeFile(names)
  const envFile = join(folder, 'env')
  await writeFile(envFile, text)
  const { stdout } = await promisify(execFile)(
    'docker',
    ['compose', '--project-name', name, '--env-file', envFile, '--file', file, 'config', '--format', 'json'],
    { env: bareEnvironment(), maxBuffer: 1e8 },
  )
  const { services } = JSON.parse(stdout) as { services: { app: { environment: Record<string, string> } } }
  return mapValues(services.app.environment, (value) => value.replaceAll('$$', '$'))
}

/** What the process of a container gets on a host that is given the release. */
async function readByContainer(env: Env): Promise<Record<string, string>> {
  const file = await composeFile(env.keys())
  const model = await renderCompose({ name, directory: folder, files: [file], env })
  const release = join(folder, 'release.json')
  await writeFile(release, formatModel(model))
  const compose = ['compose', '--project-name', name, '--file', release]
  try {
    await docker(...compose, 'create', '--no-build')
    const variables = JSON.parse(
      await docker('inspect', '--format', '{{json .Config.Env}}', `${name}-app-1`),
    ) as string[]
    return Object.fromEntries(variables.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]))
  } finally {
    await docker(...compose, 'down')
  }
}

const nasty = fc.constantFrom(
  ...[
    '$',
    '$$',
    '${X}',
    '$X',
    '${',
    "'",
    '"',
    '\\',
    '\n',
    '\r\n',
    '#',
    ' #',
    '=',
    ' ',
    '\t',
    '%',
    '`',
    '!',
    '{}',
    '<&>',
  ],
  ...['a', 'Z', '9', 'é', '漢', '😀', '\u0001', '\u001b', '\u007f', '\u0085', '\u00a0', '\u2028', '\ufeff', '\uffff'],
)
const value = fc.oneof(
  { weight: 4, arbitrary: fc.array(nasty, { maxLength: 12 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')) },
)

/** A statement as somebody might write it: often none at all, or none that is carried. */
const soup = fc
  .tuple(
    fc.constantFrom('', 'export ', ' '),
    fc.constantFrom('=', ' = ', ': ', '=  '),
    fc.constantFrom('', "'", '"'),
    fc.array(
      fc.oneof(
        fc.constantFrom(
          '$FIRST',
          '${FIRST}',
          '$$',
          '$',
          '\\$',
          "\\'",
          '\\"',
          '\\\\',
          '\\',
          '\\n',
          '\\0101',
          '\\07',
          '\\c',
        ),
        fc.constantFrom(
          "'",
          '"',
          '#',
          ' #',
          ' ',
          '\t',
          '\u00a0',
          '\u2028',
          'a',
          'é',
          '1',
          '=',
          ':',
          '\n',
          '\r',
          '${FIRST:-x}',
        ),
      ),
      { maxLength: 8 },
    ),
    fc.constantFrom('', ' ', ' # comment', '\r'),
  )
  .map(
    ([before, sign, quote, parts, after]) =>
      (variable: string) =>
        `${before}${variable}${sign}${quote}${parts.join('')}${quote}${after}\n`,
  )

test('whatever is read, Compose reads the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(soup, { minLength: 600, maxLength: 600 }), async (statements) => {
      const first = 'FIRST="one \'of\' $$them"\n'
      const accepted = statements.flatMap((statement, index) => {
        const variable = `V${index}`
        const env = parseDotenv(`${first}${statement(variable)}`)
        const read = typeof env === 'string' || env.size !== 2 ? undefined : env.get(variable)
        return read === undefined ? [] : [{ variable, text: statement(variable), read }]
      })
      expect(accepted.length).toBeGreaterThan(150)
      const theirs = await readByCompose(
        first + accepted.map(({ text }) => text).join(''),
        accepted.map(({ variable }) => variable),
      )
      const wrong = accepted.filter(({ variable, read }) => theirs[variable] !== read)
      expect(wrong.map((each) => ({ ...each, theirs: theirs[each.variable] }))).toEqual([])
    }),
    { numRuns: 4, endOnFailure: true },
  )
})

/** The ways to write a value that the recipes name; undefined where that one can't hold it. */
const ways: readonly ((value: string) => string | undefined)[] = [
  (value) => (/['\\]/.test(value) ? undefined : `'${value}'`),
  (value) => (/\\(?:'|$)|'[\t\r ]*\n/.test(value) ? undefined : `'${value.replaceAll("'", "\\'")}'`),
  (value) => `"${value.replaceAll(/[\\"$]/g, '\\$&')}"`,
  (value) => (/^['"#]|[$\n\u0085\u2028]|\s#|^\s|\s$/.test(value) ? undefined : value),
]

test('what is meant is what a container gets, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 300, maxLength: 300 }), async (values) => {
      const meant = new Map(
        values.flatMap((each, index) => ways.map((_way, way): [string, string] => [`V${index}_${way}`, each])),
      )
      const written = values.flatMap((each, index) =>
        ways.flatMap((way, number) => {
          const text = way(each)
          return text === undefined ? [] : [{ name: `V${index}_${number}`, text: `V${index}_${number}=${text}\n` }]
        }),
      )
      const env = parseDotenv(written.map(({ text }) => text).join(''))
      if (typeof env === 'string') throw new Error(env)
      const container = await readByContainer(env)
      const wrong = written.filter(({ name }) => container[name] !== meant.get(name))
      expect(wrong.map((each) => ({ ...each, got: container[each.name] }))).toEqual([])
      expect(written.length).toBeGreaterThan(600)
    }),
    { numRuns: 2, endOnFailure: true },
  )
})

test('what is written for Compose is read by it as it was', async () => {
  const values = fc.sample(value, 300)
  const env = new Map(values.map((each, index) => [`V${index}`, each]))
  expect(await readByCompose(formatDotenv(env), [...env.keys()])).toEqual(Object.fromEntries(env))
})

describe('a name that Compose takes from elsewhere', () => {
  test.each(['HOME', 'PATH', 'COMPOSE_PROJECT_NAME'])('%s is refused', async (variable) => {
    const env = new Map([
      [variable, '/nowhere'],
      ['MINE', '1'],
    ])
    const rendering = renderCompose({ name, directory: folder, files: [await composeFile(['MINE'])], env })
    await expect(rendering).rejects.toThrow(UsageError)
    await expect(rendering).rejects.toThrow(
      `env: Docker Compose on this runner has another value for ${variable}, since`,
    )
  })
})

test('an env_file that is on the server only is explained', async () => {
  const file = join(folder, 'with-env-file.json')
  await writeFile(file, JSON.stringify({ services: { app: { image, env_file: '.env' } } }))
  const rendering = renderCompose({ name, directory: folder, files: [file], env: new Map() })
  await expect(rendering).rejects.toThrow(
    /env file .* not found.*write those that the service needs under its `environment`/,
  )
})

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, each]) => [key, map(each)]))
}
