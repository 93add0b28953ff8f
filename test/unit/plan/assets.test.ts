import { describe, expect, test } from 'vitest'
import { formatPlan } from '../../../src/plan/plan.ts'
import { planSwitch } from '../../../src/plan/switch.ts'
import type { Manifest } from '../../../src/release/manifest.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { emptyHost, hostWith, shopRelease, switchable } from '../../support/stack.ts'

const folder = '/usr/share/nginx/html/assets'
const label = { 'estiba.assets': folder, 'estiba.kind': 'web' }
const labelled = { ...switchable, api: { ...switchable['api'], labels: label } }

function linesOf(to: Manifest, observation: Observation, keep = 5): readonly string[] {
  const plan = planSwitch({
    title: 'deploy',
    to,
    observation,
    healthyWithin: 60,
    drain: 30,
    keep,
    from: 'registry',
  })
  return formatPlan(plan)
    .split('\n')
    .map((line) => line.trim())
}

const sharing = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line, at) => (line.startsWith('$ share_assets ') ? [lines[at - 1] ?? '', line] : []))
const notes = (lines: readonly string[]): readonly string[] => lines.filter((line) => line.startsWith('note: '))

const [one, two, three] = (['1', '2', '3'] as const).map((digit) => shopRelease(`v${digit}`, digit, labelled)) as [
  Manifest,
  Manifest,
  Manifest,
]

describe('files that open pages ask for', () => {
  test('are given to the new containers before they are started, of all releases that stay, latest first', () => {
    const lines = linesOf(three, hostWith(one, two))
    expect(sharing(lines)).toMatchInlineSnapshot(`
      [
        "03 give the new api the files of the releases that are kept, because pages that were opened before the switch ask for them; where a file has the same name, the new one stays (nothing to undo, at most 300 s)",
        "$ share_assets v2 v2,v1 api=7c36734df21f05ac:/usr/share/nginx/html/assets",
      ]
    `)
    const places = ['$ create_new ', '$ share_assets ', '$ start_and_prove '].map((start) =>
      lines.findIndex((line) => line.startsWith(start)),
    )
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(notes(lines)).toEqual([])
  })

  test('of releases that will be forgotten they are not', () => {
    expect(sharing(linesOf(three, hostWith(one, two), 2))[1]).toContain('share_assets v2 v2 api=')
  })

  test('of later releases, too, when it goes back', () => {
    expect(sharing(linesOf(one, hostWith(one, two, three)))[1]).toContain('share_assets v3 v3,v2 api=')
  })

  test('the first release has nobody to take from, but hands them on; also where old and new take turns', () => {
    const plain = shopRelease('v1', '1', { api: { labels: label } })
    expect(sharing(linesOf(plain, emptyHost))[1]).toMatch(
      /^\$ share_assets '' '' api=\w+:\/usr\/share\/nginx\/html\/assets$/,
    )
  })

  test('nothing is given where the service stays as it is', () => {
    expect(sharing(linesOf(one, hostWith(one)))).toEqual([])
  })
})

describe('nobody has said where they are', () => {
  const plain = (digit: string) => shopRelease(`v${digit}`, digit, switchable)

  test('one note says what is missed, where the image of a web service changed', () => {
    expect(notes(linesOf(plain('2'), hostWith(plain('1'))))).toMatchInlineSnapshot(`
      [
        "note: pages that were opened before the switch get 404 for files that only the old api had; if names of files change with each build, label the service estiba.assets: /their/folder/in/the/container",
      ]
    `)
  })

  test('none where the image stays, at the first deploy, or of what answers no pages', () => {
    const moved = shopRelease('v2', '1', { ...switchable, worker: { command: ['other'] } })
    expect(notes(linesOf(moved, hostWith(plain('1'))))).toEqual([])
    expect(notes(linesOf(plain('1'), emptyHost))).toEqual([])
    const worker = shopRelease('v2', '1', { ...switchable, worker: { image: 'worker:2' } })
    expect(notes(linesOf(worker, hostWith(plain('1'))))).toEqual([])
  })
})
