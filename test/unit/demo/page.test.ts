import { describe, expect, test } from 'vitest'
import { html } from '../../../scripts/demo/report/html.mts'
import { renderPage } from '../../../scripts/demo/report/page.mts'
import { gridStyle, height, position, spanStyle, ticks } from '../../../scripts/demo/report/scale.mts'
import { formatDuration, formatShare } from '../../../scripts/demo/report/words.mts'
import { aRecording, aRun } from './samples.ts'

describe('The page', () => {
  const page = renderPage(
    aRecording({
      images: [
        { version: 'v2', services: [{ service: 'api', staging: `sha256:${'a'.repeat(64)}`, production: 'not there' }] },
      ],
      expectations: [{ at: 5100, text: 'staging answers <v2>', met: true }],
    }),
  )

  test('needs nothing but itself', () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|src=/)
    expect(page.match(/https?:\/\/[^"'\s<]*/g)).toBeNull()
  })

  test('says what a deploy cost, and where it can be seen', () => {
    expect(page).toContain('Visitors saw it down for 0.3 s: 3 of 60 requests failed.')
    expect(page).toContain('href="#deploy-1-staging"')
    expect(page).toContain('id="deploy-1-staging"')
  })

  test('tells images that differ from those that do not', () => {
    expect(page).toContain('<code title="sha256:' + 'a'.repeat(64) + '">aaaaaaaaaaaa</code>')
    expect(page).toContain('✕ another')
  })

  test('escapes what it did not write', () => {
    expect(page).toContain('staging answers &lt;v2&gt;')
  })

  test('says so when the story failed, and counts a red run', () => {
    const failed = renderPage(
      aRecording({ failure: 'It rained.', runs: [aRun({ result: 'failure', outcome: 'failed' })] }),
    )
    expect(failed).toContain('<h1>The story did not come out as told.</h1>')
    expect(failed).toContain('It rained.')
    expect(failed).toContain('1 failed')
  })

  test('can be made of a story that ended before it began', () => {
    expect(renderPage(aRecording({ runs: [], hosts: [], length: 0, failure: 'No lab.' }))).not.toMatch(
      /NaN|Infinity|undefined/,
    )
  })
})

describe('Scales', () => {
  test('draw what lies outside at the edge', () => {
    const scale = { start: 1000, end: 3000 }
    expect([0, 1000, 2000, 3000, 9000].map((at) => position(scale, at))).toEqual([0, 0, 50, 100, 100])
    expect(spanStyle(scale, 500, 2500)).toBe('left:0%;width:75%')
  })

  test('tick at round moments', () => {
    expect(ticks({ start: 0, end: 65_000 }, 12)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000])
    expect(ticks({ start: -2000, end: 8000 }, 8)).toEqual([-2000, 0, 2000, 4000, 6000, 8000])
  })

  test('draw lines where the ticks are', () => {
    // The first of lines a quarter of the width apart is at 66.67 % of the other three quarters, which is the middle.
    expect(gridStyle({ start: 0, end: 4000 }, [2000, 3000])).toBe('--tick:25%;--first:66.67%')
  })

  test('put the slowest answer at the top', () => {
    expect([0, 1, 2000, 9000].map(height)).toEqual([100, 100, 0, 0])
  })
})

test('Shares are never rounded up, and durations turn to minutes', () => {
  expect([1, 0.9999, 0.5].map(formatShare)).toEqual(['100.0 %', '99.9 %', '50.0 %'])
  expect([340, 59_940, 61_000].map(formatDuration)).toEqual(['0.3 s', '59.9 s', '1:01'])
})

test('Values in markup are escaped, markup is not', () => {
  expect(html`<b title="${'"'}">${['<', html`<i>${1}</i>`]}</b>`.text).toBe('<b title="&quot;">&lt;<i>1</i></b>')
})
