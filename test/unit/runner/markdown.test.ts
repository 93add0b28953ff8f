import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeMarkdown, formatTable } from '../../../src/runner/markdown.ts'

test('nothing in a cell ends it, formats it, or becomes HTML', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const cell = escapeMarkdown(text).replaceAll('<br>', '')
      expect(cell).not.toMatch(/[|<>\n\r`*_[\]\\!~@$]/)
      expect(cell.replace(/&(?:amp|lt|gt|#\d+);/g, '')).not.toMatch(/[&#]/)
    }),
  )
})

test('a table', () => {
  expect(
    formatTable(
      ['check', 'verdict'],
      [
        ['GET /a|b', 'good'],
        ['<b>', 'two\nlines'],
      ],
    ),
  ).toMatchInlineSnapshot(`
    "| check | verdict |
    | --- | --- |
    | GET /a&#124;b | good |
    | &lt;b&gt; | two<br>lines |"
  `)
})
