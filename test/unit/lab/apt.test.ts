import { expect, test } from 'vitest'
import { parseAptSources } from '../../support/lab/apt.ts'

test('the archive in the newer format', () => {
  const text = `Types: deb
# a comment
URIs: http://archive.example/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://archive.example/debian-security
`
  expect(parseAptSources(text)).toEqual({
    mirror: 'http://archive.example/debian',
    keyring: '/usr/share/keyrings/archive.gpg',
  })
})

test('the archive in the older format, with and without options', () => {
  const options = '[arch=amd64 signed-by=/usr/share/keyrings/archive.gpg]'
  expect(
    parseAptSources(`# deb http://no.example\ndeb ${options} http://archive.example/debian bookworm main\n`),
  ).toEqual({
    mirror: 'http://archive.example/debian',
    keyring: '/usr/share/keyrings/archive.gpg',
  })
  expect(parseAptSources('deb http://archive.example/debian bookworm main')).toEqual({
    mirror: 'http://archive.example/debian',
  })
})

test('nothing where no archive is named', () => {
  expect(parseAptSources('# empty\n')).toBeUndefined()
})
