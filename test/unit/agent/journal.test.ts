import { expect, test } from 'vitest'
import { parseRecord } from '../../../src/agent/journal.ts'

test.each([
  ['began prepare 01', { type: 'began', phase: 'prepare', step: '01' }],
  ['did switch 04 124', { type: 'did', phase: 'switch', step: '04', code: 124 }],
  ['undid switch 02 0', { type: 'undid', phase: 'switch', step: '02', code: 0 }],
  ['state prepared', { type: 'state', state: 'prepared' }],
  ['waiting trial 300', { type: 'waiting', state: 'trial', lease: 300 }],
  ['waiting trial 300 2', { type: 'waiting', state: 'trial', lease: 300 }],
  ['blocked t-20261121T233000Z-1f2e3d', { type: 'blocked', by: 't-20261121T233000Z-1f2e3d' }],
  ['blocked ', { type: 'blocked', by: '' }],
  ['refused confirm no-check', { type: 'refused', word: 'confirm', why: 'no-check' }],
  ['undoing lease-expired', { type: 'undoing', cause: 'lease-expired' }],
  ['forbidden migrate 02', { type: 'forbidden', phase: 'migrate', step: '02' }],
  ['ended committed', { type: 'ended', result: 'committed', cause: '' }],
  ['ended undone switch-04', { type: 'ended', result: 'undone', cause: 'switch-04' }],
  ['recovering', { type: 'other', text: 'recovering' }],
  ['began-agent agent-0123', { type: 'other', text: 'began-agent agent-0123' }],
  ['ended somehow', { type: 'other', text: 'ended somehow' }],
  ['state beyond', { type: 'other', text: 'state beyond' }],
])('%s', (text, event) => {
  expect(parseRecord(`7 1795300000 3600 ${text}`)).toEqual({ number: 7, time: 1_795_300_000, uptime: 3600, event })
})

test.each(['', '> 7 1795300000 3600 state trial', '# 1 2 3 x', 'gone', 'refused not-owner', '7 1795300000', '7 1 2'])(
  '%j is no record',
  (line) => {
    expect(parseRecord(line)).toBeUndefined()
  },
)
