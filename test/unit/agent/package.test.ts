import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { expect, test } from 'vitest'
import { packFiles } from '../../../src/agent/package.ts'

async function unpack(content: Uint8Array): Promise<Record<string, string>> {
  const tar = extract()
  tar.end(gunzipSync(content))
  const files: Record<string, string> = {}
  for await (const entry of tar) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry) chunks.push(chunk as Uint8Array)
    const { name, mode } = entry.header
    files[`${name} ${mode.toString(8)}`] = Buffer.concat(chunks).toString('base64')
  }
  return files
}

const files = [
  { name: 'plan/lease', content: '300\n' },
  { name: `files/${'a'.repeat(64)}/nginx/conf.d/${'b'.repeat(80)}.conf`, content: 'é', mode: 0o644 },
  { name: 'files/bin/run', content: new Uint8Array([0, 255, 10]), mode: 0o755 },
  { name: 'empty', content: '' },
]

test('what goes in comes out: names of any length, bytes, modes; private unless said otherwise', async () => {
  const { content } = await packFiles(files)
  const base64 = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64')
  expect(await unpack(content)).toEqual({
    'plan/lease 600': base64('300\n'),
    [`files/${'a'.repeat(64)}/nginx/conf.d/${'b'.repeat(80)}.conf 644`]: base64('é'),
    'files/bin/run 755': base64(new Uint8Array([0, 255, 10])),
    'empty 600': '',
  })
})

test('the sum is that of what is sent, and the same for the same files', async () => {
  const [first, second] = [await packFiles(files), await packFiles(files)]
  expect(first.sha256).toBe(createHash('sha256').update(first.content).digest('hex'))
  expect(second.sha256).toBe(first.sha256)
})
