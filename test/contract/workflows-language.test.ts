import { registerLogger, validate, type ValidationConfig } from '@actions/languageservice'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { actionMetadata, readText, root, SUITE, templates, workflows, type File } from '../support/workflows/files.ts'

const actions = readdirSync(join(root, 'actions')).map((name) => readText(`actions/${name}/action.yml`))

type Metadata = Awaited<ReturnType<NonNullable<ValidationConfig['actionsMetadataProvider']>['fetchActionMetadata']>>

const published: Readonly<Record<string, (path: string) => Metadata>> = {
  [SUITE]: (path) => actionMetadata(path) as Metadata,
  // What we use of the only action of others.
  'actions/checkout': () => ({
    name: 'Checkout',
    description: '',
    inputs: { 'persist-credentials': { description: '' } },
  }),
}
let documents = 0

// What goes wrong inside of the service it only logs, and then finds no problems.
const swallowed: string[] = []
const ignore = () => undefined
registerLogger({ error: (message) => void swallowed.push(message), warn: ignore, info: ignore, log: ignore })

/** GitHub's own language service, with what it would fetch from GitHub read from this tree. */
const config: ValidationConfig = {
  fileProvider: {
    getFileContent: (ref) => {
      const { path } = readText(ref.path.replace(/^\$\//, ''))
      return Promise.resolve({ name: path, content: readText(path).text })
    },
  },
  actionsMetadataProvider: {
    fetchActionMetadata: ({ owner, name, path = '' }) => Promise.resolve(published[`${owner}/${name}`]?.(path)),
  },
}

async function problems({ path, text }: File): Promise<readonly string[]> {
  // The service remembers what it parsed by address.
  const document = TextDocument.create(`file:///${++documents}/${path}`, 'yaml', 1, text)
  const found = await validate(document, config)
  expect(swallowed.splice(0)).toEqual([])
  return found.map(({ message, range }) => `${path}:${range.start.line + 1}: ${JSON.stringify(message)}`)
}

test.each([...workflows(), ...templates(), ...actions].map((file) => [file.path, file]))(
  "%s is well by GitHub's own parser",
  async (_, file) => {
    expect(await problems(file)).toEqual([])
  },
)

test.each([
  ['an unknown queue', 'queue: max', 'queue: longest'],
  ['an unknown input of a called workflow', 'env-file:', 'env-files:'],
  ['an output that the job does not have', 'needs.build.outputs.images', 'needs.build.outputs.digests'],
  ['an unknown need', 'needs: build', 'needs: bild'],
])('and would not be with %s', async (_, right, wrong) => {
  const file = workflows().find(
    ({ path, text }) => !path.includes('lint') && !path.includes('check') && text.includes(right),
  )
  if (file === undefined) throw new Error(`No workflow has ${right}.`)
  expect(await problems({ ...file, text: file.text.replace(right, wrong) })).not.toEqual([])
})
