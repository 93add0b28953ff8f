import { expect, test } from 'vitest'
import { Terminal } from '../../../scripts/demo/terminal.mts'

function tell(screen: { isTTY?: boolean }, env: Record<string, string>): string {
  let text = ''
  using terminal = new Terminal({ screen: { ...screen, write: (each) => (text += each) }, env, now: () => 65_000 })
  terminal.chapter('v1')
  terminal.watch('build')
  terminal.phase('build', 12_340, 'success')
  terminal.phase('smoke test', 900, 'failure')
  terminal.expectation(true, 'staging answers v1')
  terminal.expectation(false, 'production answers v1')
  return text
}

const plain = `
  1:05  v1
  1:05    build        12.3 s
  1:05    smoke test    0.9 s  red
  1:05  ✓ staging answers v1
  1:05  ✗ production answers v1
`

test('Where nobody watches it is plain lines', () => {
  expect(tell({}, {})).toBe(plain)
})

test('NO_COLOR leaves the colours out, in a terminal too', () => {
  const text = tell({ isTTY: true }, { NO_COLOR: '1' })
  expect(text).not.toContain('\x1b[3')
  expect(text.replaceAll(/\r\x1b\[2K( +1:05 +build \.\.\. 0\.0 s)?/g, '')).toBe(plain)
})

test('In a terminal the mark of what failed is red', () => {
  expect(tell({ isTTY: true }, {})).toContain('\x1b[31m✗\x1b[0m production answers v1')
})
