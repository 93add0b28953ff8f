import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readShipments } from '../../../src/compose/shipments.ts'
import type { Shipment } from '../../../src/compose/sources.ts'

let checkout = ''

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'estiba-shipments-'))
})

afterEach(async () => {
  await rm(checkout, { recursive: true })
})

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(checkout, name)), { recursive: true })
    await writeFile(join(checkout, name), content)
  }
}

async function read(name: string): Promise<Shipment | undefined> {
  return (await readShipments([join(checkout, name)])).get(join(checkout, name))
}

function names(shipment: Shipment | undefined): readonly string[] | undefined {
  return shipment?.files.map(({ name, executable }) => (executable ? `${name} (executable)` : name))
}

test('a file is shipped under its own name', async () => {
  await write({ 'nginx/default.conf': 'listen 80;' })
  const shipment = await read('nginx/default.conf')
  expect(shipment).toMatchObject({ path: join(checkout, 'nginx/default.conf'), isFolder: false })
  expect(names(shipment)).toEqual(['default.conf'])
  expect(Buffer.from(shipment?.files[0]?.content ?? []).toString()).toBe('listen 80;')
})

test('a folder is shipped with everything below, hidden files too', async () => {
  await write({ 'conf/b.conf': 'b', 'conf/a/deep/x.conf': 'x', 'conf/.htpasswd': 'h' })
  const shipment = await read('conf')
  expect(shipment?.isFolder).toBe(true)
  expect(names(shipment)).toEqual(['conf/.htpasswd', 'conf/a/deep/x.conf', 'conf/b.conf'])
})

test('the executable bit is kept', async () => {
  await write({ 'bin/run': '#!/bin/sh', 'bin/readme': 'x' })
  await chmod(join(checkout, 'bin/run'), 0o755)
  expect(names(await read('bin'))).toEqual(['bin/readme', 'bin/run (executable)'])
})

describe('a place for data is not shipped', () => {
  test('when it does not exist', async () => {
    expect(await read('data')).toBeUndefined()
  })

  test('when it is empty, also with empty folders below', async () => {
    await mkdir(join(checkout, 'data/postgres'), { recursive: true })
    expect(await read('data')).toBeUndefined()
  })

  test('when it holds nothing but names with a leading dot', async () => {
    await write({ 'data/.gitkeep': '', 'data/redis/.gitignore': '*' })
    expect(await read('data')).toBeUndefined()
  })
})

describe('the content decides over the sum', () => {
  async function sumOf(files: Readonly<Record<string, string>>, then?: () => Promise<void>): Promise<string> {
    await rm(join(checkout, 'conf'), { recursive: true, force: true })
    await write(files)
    await then?.()
    return (await read('conf'))?.sha256 ?? 'nothing'
  }

  test('equal files have an equal sum, wherever the checkout is', async () => {
    const files = { 'conf/a': '1', 'conf/b': '2' }
    const first = await sumOf(files)
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    await write({ 'elsewhere/conf/b': '2', 'elsewhere/conf/a': '1' })
    expect((await read('elsewhere/conf'))?.sha256).toBe(first)
  })

  test('an edit, another name, another mode and a moved boundary are other sums', async () => {
    const sums = [
      await sumOf({ 'conf/a': '1', 'conf/b': '2' }),
      await sumOf({ 'conf/a': '1', 'conf/b': '3' }),
      await sumOf({ 'conf/a': '1', 'conf/c': '2' }),
      await sumOf({ 'conf/a': '12', 'conf/b': '' }),
      await sumOf({ 'conf/a': '1', 'conf/b': '2' }, () => chmod(join(checkout, 'conf/a'), 0o755)),
    ]
    expect(new Set(sums).size).toBe(sums.length)
  })
})

describe('links', () => {
  test('to a file are that file', async () => {
    await write({ 'real.conf': 'x', 'conf/a': 'a' })
    await symlink('../real.conf', join(checkout, 'conf/link.conf'))
    expect(names(await read('conf'))).toEqual(['conf/a', 'conf/link.conf'])
  })

  test.each([
    ['a folder', '..'],
    ['nothing', 'nowhere'],
  ])('to %s are refused', async (_, target) => {
    await write({ 'conf/a': 'a' })
    await symlink(target, join(checkout, 'conf/link'))
    await expect(read('conf')).rejects.toThrow(
      `${join(checkout, 'conf/link')} is a link that leads to no file; put the file itself there, or remove the link`,
    )
  })
})
