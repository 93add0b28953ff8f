import fc from 'fast-check'
import { expect, test } from 'vitest'
import { secretForms } from '../../../src/runner/mask.ts'
import { printableLines } from '../../../src/runner/workflow-commands.ts'

/** What a runner that knows the forms leaves of a text: longest first, as actions/runner and act do. */
function masked(text: string, forms: readonly string[]): string {
  return [...forms].sort((a, b) => b.length - a.length).reduce((rest, form) => rest.replaceAll(form, '***'), text)
}

const secret = fc
  .string({ unit: 'grapheme', minLength: 6 })
  .filter((text) => text.trim().length >= 6 && text.isWellFormed())

test('a secret is masked however it is written', () => {
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      const trimmed = value.trim()
      const forms = secretForms(value)
      expect(masked(JSON.stringify({ value: trimmed }), forms)).toBe('{"value":"***"}')
      expect(masked(`https://u:${encodeURIComponent(trimmed)}@host`, forms)).toBe('https://u:***@host')
      expect(masked(Buffer.from(trimmed).toString('base64'), forms)).toBe('***')
      expect(masked(Buffer.from(trimmed).toString('base64url'), forms)).not.toContain(
        Buffer.from(trimmed).toString('base64url'),
      )
      const inside = Buffer.concat([Buffer.from(before), Buffer.from(trimmed), Buffer.from(after)]).toString('base64')
      expect(masked(inside, forms)).toContain('***')
    }),
  )
})

test('a secret is masked as the log prints it', () => {
  const nasty = fc.array(fc.constantFrom('::', '##[', '\u001b[31m', '\u200b', 'pass', 'word', '\u0007'), {
    minLength: 2,
  })
  fc.assert(
    fc.property(nasty, (parts) => {
      const value = `${parts.join('')}tail`
      for (const line of printableLines(value)) expect(masked(line, secretForms(value))).toBe('***')
    }),
  )
})

test('each line of a key is masked, but no scrap of one', () => {
  const forms = secretForms('-----BEGIN KEY-----\nb3BlbnNzaC1rZXkt\r\n  AAAAAAAABG5v  \nabc\n}\n-----END KEY-----\n')
  for (const line of ['-----BEGIN KEY-----', 'b3BlbnNzaC1rZXkt', 'AAAAAAAABG5v', '-----END KEY-----']) {
    expect(forms).toContain(line)
  }
  expect(forms.filter((form) => form.length < 4)).toEqual([])
  expect(forms).not.toContain('abc')
})

test('a secret of less than four characters is not masked: it turns up everywhere', () => {
  expect(secretForms('yes')).toEqual([])
  expect(secretForms('  ')).toEqual([])
  expect(secretForms('yes!')).toContain('yes!')
})
