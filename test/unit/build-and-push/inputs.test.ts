import { describe, expect, test } from 'vitest'
import { readInputs } from '../../../actions/build-and-push/inputs.ts'
import { InputReader } from '../../../src/runner/inputs.ts'

const defaults = { 'compose-files': 'compose.yml', 'project-directory': '.', push: 'true' }

function read(given: Readonly<Record<string, string>> = {}) {
  const values: Readonly<Record<string, string>> = { ...defaults, ...given }
  const masked: string[] = []
  const reader = new InputReader(
    (name) => values[name] ?? '',
    (secret) => masked.push(secret),
  )
  const inputs = readInputs(reader)
  reader.check()
  return { inputs, masked }
}

test('the defaults build one compose file and push', () => {
  expect(read().inputs).toEqual({
    composeFiles: ['compose.yml'],
    projectDirectory: '.',
    env: undefined,
    login: undefined,
    imagePrefix: undefined,
    tags: undefined,
    push: true,
  })
})

describe('a login', () => {
  const login = { registry: 'ghcr.io', 'registry-username': 'octocat', 'registry-password': 'secret' }

  test('is read whole, with the password masked', () => {
    const { inputs, masked } = read(login)
    expect(inputs.login).toEqual({ registry: 'ghcr.io', username: 'octocat', password: 'secret' })
    expect(masked).toEqual(['secret'])
  })

  test('names every part that is missing', () => {
    expect(() => read({ registry: 'ghcr.io' })).toThrow(
      [
        '2 inputs need a change:',
        '  registry-username: is required with the other two for a login; is the secret set?',
        '  registry-password: is required with the other two for a login; is the secret set?',
      ].join('\n'),
    )
  })

  test.each(['https://ghcr.io', 'ghcr.io/acme', 'ghcr.io:x', 'a b'])('"%s" is no registry', (registry) => {
    expect(() => read({ ...login, registry })).toThrow(
      `registry: write its host name alone, like ghcr.io, not "${registry}"`,
    )
  })

  test.each(['docker.io', '127.0.0.1:5000', '[::1]:5000', 'localhost:5000'])('%s is one', (registry) => {
    expect(read({ ...login, registry }).inputs.login?.registry).toBe(registry)
  })
})

test('all problems are reported at once', () => {
  expect(() => read({ 'compose-files': '# none\n', push: 'perhaps', tags: 'a/b' })).toThrow(/^3 inputs need a change:/)
})
