import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../../scripts/bundle.mts'
import { documentedActions, documents, fill, readMetadata } from '../../scripts/documents.mts'

/** The names in the first column of the table between two markers. */
function tabled(text: string, marker: string): readonly string[] {
  const between = text.split(`<!-- ${marker} -->`)[1]?.split(`<!-- /${marker} -->`)[0] ?? ''
  return [...between.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name ?? '')
}

describe.each(documentedActions())('the README of %s', (action) => {
  const file = join(root, 'actions', action, 'README.md')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''

  test('lists every input and output', () => {
    const { inputs = {}, outputs = {} } = readMetadata(action)
    expect(tabled(text, 'inputs')).toEqual(Object.keys(inputs))
    expect(tabled(text, 'outputs')).toEqual(Object.keys(outputs))
  })

  test('shows a use of it, and the permissions that it needs', () => {
    expect(text).toMatch(new RegExp(`uses: \\S+/actions/${action}@`))
    expect(text).toMatch(/permission/i)
  })
})

test('all documents are what action.yml and the workflows say', () => {
  const stale = documents().filter(({ path, text }) => readFileSync(join(root, path), 'utf8') !== text)
  expect(stale.map(({ path }) => path)).toEqual([])
})

describe('a table', () => {
  test('is put between its markers, and nothing else changes', () => {
    const text = 'a\n<!-- inputs -->\nold\n<!-- /inputs -->\nb\n'
    expect(fill(text, 'inputs', 'new')).toBe('a\n<!-- inputs -->\n\nnew\n\n<!-- /inputs -->\nb\n')
    expect(fill(fill(text, 'inputs', 'new'), 'inputs', 'new')).toBe(fill(text, 'inputs', 'new'))
  })

  test('without markers has no place; without an end it is an error', () => {
    expect(fill('a\n', 'inputs', 'new')).toBe('a\n')
    expect(() => fill('<!-- inputs -->', 'inputs', 'new')).toThrow('<!-- inputs --> has no <!-- /inputs --> after it')
  })
})
