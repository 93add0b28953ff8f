import { expect, test } from 'vitest'
import { formatRecord, parseRecord } from '../../../src/deployment/record.ts'

const record = {
  images: { api: { repository: 'ghcr.io/octo/api', digest: `sha256:${'a'.repeat(64)}` } },
  release: '20260102-v1',
  version: 'v1.2.3',
}

test('what was written is what is read', () => {
  expect(parseRecord(JSON.parse(JSON.stringify(formatRecord(record))))).toEqual(record)
})

test.each([
  ['nothing', {}],
  ['text of others', 'deploy'],
  ['null', null],
  ['another format', { ...formatRecord(record), estiba: 2 }],
  ['no images', { ...formatRecord(record), images: undefined }],
  ['images by tag', { ...formatRecord(record), images: { api: { repository: 'api', digest: 'latest' } } }],
  ['no release', { ...formatRecord(record), release: 7 }],
])('a payload with %s is not ours', (_, payload) => {
  expect(parseRecord(payload)).toBeUndefined()
})
