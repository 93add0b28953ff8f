import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

/** An engine that pulls everything, `old` for another processor: what it has are files. */
function engine(stack: TestStack): void {
  const images = `mkdir -p ${stack.path}/images && cd ${stack.path}/images`
  stack.putCompose(`#!/bin/sh
${images} && touch api@sha256:1 beat@sha256:2-old web:1-old worker@sha256:3-old
`)
  stack.put(
    'docker',
    `#!/bin/sh
${images}
case "$1 $2" in
  'image inspect')
    shift 4
    for image; do
      [ -e "$image" ] || { found=no; continue; }
      case $image in *-old) echo s390x ;; *) echo amd64 ;; esac
    done
    [ -z "$found" ] ;;
  'image rm') rm "$3" ;;
esac
`,
  )
}

describe.concurrent.each(SHELLS)('what is pulled, in %s', (shell) => {
  test('what is for another processor is named, and goes again: a digest that is there counts as found fit', async () => {
    await using stack = new TestStack(shell)
    engine(stack)
    const wanted = 'api=api@sha256:1 beat=beat@sha256:2-old web=web:1-old worker=worker@sha256:3-old'
    const set = `project=shop stack=${stack.path} release=v1 variant=a; export ESTIBA_TX=${stack.path}/tx`
    const { code, lines } = await stack.run({
      argv: ['sh', '-c', `${set}\n${effectsProgram}\npull amd64 ${wanted}`],
    })
    expect(code).toBe(1)
    expect(lines.map((line) => line.split(' is for ')[0])).toEqual([
      'beat@sha256:2-old',
      'web:1-old',
      'worker@sha256:3-old',
    ])
    expect(readdirSync(join(stack.path, 'images')).sort()).toEqual(['api@sha256:1', 'web:1-old'])
  })
})
