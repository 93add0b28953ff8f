import { describe, expect, test } from 'vitest'
import type { PackedFile } from '../../../src/agent/package.ts'
import { agentName, type Opening, openingFiles, phaseFiles } from '../../../src/agent/plan-files.ts'
import { agentProgram, effectsProgram, reviveProgram } from '../../../src/agent/programs.ts'
import { numbered, type Unnumbered } from '../../../src/plan/plan.ts'
import { makeRelease } from '../../../src/release/release.ts'
import { shopModel, surroundings } from '../../support/stack.ts'

const step: Unnumbered = {
  title: 'create the new api',
  because: 'it changed',
  run: 'create_new api=0123:1',
  undo: 'remove_new api=0123',
  reversibility: 'reversible',
  deadline: 120,
}
const steps = numbered([step, { ...step, title: "migrate: sh -c 'a\n  b'", gate: 'old_code_can_run false' }])

const opening: Opening = {
  stack: { name: 'shop', path: '/srv/shop' },
  plan: {
    title: 'deploy v1',
    services: [],
    phases: { prepare: [], switch: steps },
    watch: 'are_well api=0123',
    notes: [],
  },
  releaseId: '20261121-120000-v1',
  nonce: '0123456789abcdef',
  lease: 300,
  lockTimeout: 600,
  head: 4,
  ledger: { action: 'deploy', release: 'r', version: 'v1', commit: 'c', from: '', actor: 'octocat', run: '' },
  shipments: [],
}

function textOf(files: readonly PackedFile[], name: string): string | undefined {
  const content = files.find((file) => file.name === name)?.content
  return content === undefined ? undefined : Buffer.from(content).toString()
}

const names = (files: readonly PackedFile[]) => files.map(({ name }) => name)

test('a phase is a table, one line a step whatever its title, and a program for each effect', () => {
  const files = phaseFiles('plan/switch', steps)
  expect(names(files)).toEqual([
    'plan/switch/steps',
    'plan/switch/01.run',
    'plan/switch/01.undo',
    'plan/switch/02.run',
    'plan/switch/02.undo',
    'plan/switch/02.gate',
  ])
  expect(textOf(files, 'plan/switch/steps')).toBe("01 120 create the new api\n02 120 migrate: sh -c 'a b'\n")
  expect(textOf(files, 'plan/switch/01.undo')).toBe('. "$ESTIBA_TX/plan/effects.sh"\nremove_new api=0123\n')
})

describe('an opening', () => {
  test('may bring the first word, with an id like any other', () => {
    expect(textOf(openingFiles({ ...opening, goesOn: ['advance switch'] }), 'inbox/1')).toBe(
      'opening-1 advance switch\n',
    )
    expect(names(openingFiles(opening))).not.toContain('inbox/1')
  })

  test('has all that the agent reads', () => {
    const files = openingFiles(opening)
    expect(
      Object.fromEntries(
        files.filter(({ content }) => content.length < 20).map(({ name, content }) => [name, content]),
      ),
    ).toMatchInlineSnapshot(`
        {
          "plan/head": "4
        ",
          "plan/lease": "300
        ",
          "plan/lock-timeout": "600
        ",
          "plan/nonce": "0123456789abcdef
        ",
          "plan/prepare/steps": "",
        }
      `)
    expect(textOf(files, 'plan/agent')).toBe(`${agentName}\n`)
    expect(textOf(files, 'agent.sh')).toBe(agentProgram)
    expect(textOf(files, 'plan/verbs')).toMatchInlineSnapshot(`
      "open advance:prepare owner run:prepare:prepared
      prepared advance:migrate owner run:migrate:migrated
      proved advance:switch owner run:switch:trial
      prepared advance:switch owner run:switch:trial
      migrated advance:switch owner run:switch:trial
      trial confirm owner commit
      * renew owner lease
      * report owner note
      * abort any undo
      "
    `)
    expect(textOf(files, 'plan/recovery')).toMatchInlineSnapshot(`
      "open crash any undo
      prepared crash any undo
      migrated crash any undo
      proved crash any undo
      trial crash any undo
      forbidden crash any settle
      committed crash any wind-up
      "
    `)
    expect(textOf(files, 'plan/limits')).toBe('recoveries 3\nreserve 1024\ntransactions 50\n')
    expect(textOf(files, 'plan/revive')).toBe(`project=shop\n${reviveProgram}`)
    expect(textOf(files, 'plan/ledger')).toBe(
      '"action":"deploy","release":"r","version":"v1","commit":"c","from":"","actor":"octocat","run":"","digests":{},"approvers":[]\n',
    )
    expect(textOf(files, 'plan/effects.sh')).toBe(
      `project=shop stack=/srv/shop release=20261121-120000-v1 variant=plain\n${effectsProgram}`,
    )
    expect(textOf(files, 'plan/watch')).toContain('\nare_well api=0123\n')
    expect(names(files)).toContain('plan/switch/02.gate')
  })

  test('of a rollback brings no release, no files and no login', () => {
    expect(names(openingFiles(opening)).filter((name) => !name.startsWith('plan/'))).toEqual(['agent.sh'])
  })

  test('of a deploy brings the release, private, and its files, for every container to read', () => {
    const content = Buffer.from('listen 80;')
    const files = openingFiles({
      ...opening,
      release: makeRelease(shopModel('1'), { id: 'v1', version: 'v1', commit: '' }, surroundings),
      shipments: [
        {
          path: '/checkout/bin',
          sha256: 'abc',
          isFolder: true,
          files: [
            { name: 'bin/run', content, executable: true },
            { name: 'bin/conf', content, executable: false },
          ],
        },
      ],
      dockerConfig: '{"auths":{}}',
    })
    const brought = files.filter(({ name }) => !name.startsWith('plan/') && name !== 'agent.sh')
    expect(brought.map(({ name, mode }) => `${name} ${mode?.toString(8) ?? 'private'}`)).toEqual([
      'release/manifest.json private',
      'release/plain/compose.json private',
      'release/plain/.env private',
      'release/plain-guard/compose.json private',
      'release/plain-guard/.env private',
      'files/abc/bin/run 755',
      'files/abc/bin/conf 644',
      'docker/config.json private',
    ])
    expect(JSON.parse(textOf(files, 'release/plain/compose.json') ?? '')).toHaveProperty('services.api.labels')
    expect(textOf(files, 'release/plain/.env')).toBe('COMPOSE_PROJECT_NAME=shop\nCOMPOSE_FILE=compose.json\n')
  })
})
