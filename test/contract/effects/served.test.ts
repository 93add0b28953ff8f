import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

/** A transaction's folder with what served and what a stop was begun for, and a Docker client that says what it is asked. */
function transaction(
  stack: TestStack,
  { stopping, cannotStop = 'none', gone = 'none' }: { stopping?: string; cannotStop?: string; gone?: string },
) {
  mkdirSync(join(stack.path, 'tx'))
  writeFileSync(join(stack.path, 'tx', 'served'), 'api a1 no\nworker w1 unless-stopped\nbeat b1 always\n')
  if (stopping !== undefined) writeFileSync(join(stack.path, 'tx', 'stopping'), stopping)
  stack.put(
    'docker',
    `#!/bin/sh
case $1 in
  version) ;;
  ps) awk '$2 != "${gone}" { print $2 }' ${stack.path}/tx/served ;;
  inspect) awk -v id="$4" '$2 == id { print "true " $3 }' ${stack.path}/tx/served ;;
  *) echo "$*, $(ls ${stack.path}/tx | tr '\\n' ' ')" >>${stack.path}/asked; case " $* " in *' ${cannotStop} '* | *' ${gone} '*) exit 1 ;; esac ;;
esac
`,
  )
}

async function standBy(stack: TestStack, ...services: readonly string[]): Promise<number> {
  const set = `project=shop stack=${stack.path} release=v1 variant=a; export ESTIBA_TX=${stack.path}/tx`
  const line = `stand_by 5 ${services.join(' ')}`
  return (await stack.run({ argv: ['sh', '-c', `${set}\n${effectsProgram}\n${line}`] })).code
}

/** A Docker client that has these containers (service, id, policy, status, name), and answers in the form that it is asked for. */
async function noteServed(stack: TestStack, has: readonly string[], ran: readonly string[]): Promise<number> {
  mkdirSync(join(stack.path, 'tx'))
  writeFileSync(join(stack.path, 'has'), `${has.join('\n')}\n`)
  stack.put(
    'docker',
    `#!/bin/sh
case $1 in
  ps) awk '{ print $2 }' ${stack.path}/has ;;
  inspect)
    while read -r service id policy status name; do
      echo "$3" | sed -e "s|{{index [^}]*service\\"}}|$service|" -e "s|{{.Id}}|$id|" -e "s|{{.HostConfig.RestartPolicy.Name}}|$policy|" \\
        -e "s|{{.State.Status}}|$status|" -e "s|{{.Name}}|/$name|"
    done <${stack.path}/has
    ;;
  *) echo "$*" >>${stack.path}/asked ;;
esac
`,
  )
  const set = `project=shop stack=${stack.path} release=v1 variant=a; export ESTIBA_TX=${stack.path}/tx`
  const line = `note_served ${ran.join(' ')}`
  return (await stack.run({ argv: ['sh', '-c', `${set}\n${effectsProgram}\n${line}`] })).code
}

describe.concurrent.each(SHELLS)('what serves is noted, in %s', (shell) => {
  test('what runs is, and what ran when this was planned is started first, if it is to be kept alive', async () => {
    await using stack = new TestStack(shell)
    const has = [
      'api a1 unless-stopped exited shop-api-1',
      'worker w1 no exited shop-worker-1',
      'db d1 always running shop-db-1',
    ]
    expect(await noteServed(stack, has, ['shop-api-1', 'shop-worker-1', 'shop-db-1'])).toBe(0)
    expect(stack.lines('asked')).toEqual(['start a1'])
    expect(stack.lines('tx/served')).toEqual(['api a1 unless-stopped', 'db d1 always'])
  })

  test('what did not run then stays as it is, whatever its policy: the double of a scheduler, what failed in the other slot', async () => {
    await using stack = new TestStack(shell)
    const has = [
      'beat b1 always running shop-beat-1',
      'beat b2 always exited shop-beat-2',
      'api a1 unless-stopped exited shop-api-1',
      'api a11 unless-stopped exited shop-api-11',
      'db d1 always running shop-db-1',
    ]
    expect(await noteServed(stack, has, ['shop-beat-1', 'shop-api-1', 'shop-db-1'])).toBe(0)
    expect(stack.lines('asked')).toEqual(['start a1'])
    expect(stack.lines('tx/served')).toEqual(['beat b1 always', 'api a1 unless-stopped', 'db d1 always'])
  })
})

describe.concurrent.each(SHELLS)('what served comes back, in %s', (shell) => {
  test('what a stop was begun for is stopped at once, and only one time', async () => {
    await using stack = new TestStack(shell)
    transaction(stack, { stopping: 'b1\nx9\n\nw1\n' })
    expect(await standBy(stack, 'api')).toBe(0)
    expect(stack.lines('asked')).toEqual(['stop w1 b1, served stopping '])
    expect(stack.exists('tx/stopping')).toBe(false)
    expect(await standBy(stack, 'worker', 'beat')).toBe(0)
    expect(stack.lines('asked')).toHaveLength(1)
  })

  test('a stop that does not end well is tried again by the next', async () => {
    await using stack = new TestStack(shell)
    transaction(stack, { stopping: 'w1\n', cannotStop: 'w1' })
    expect(await standBy(stack, 'worker')).toBe(1)
    expect(stack.exists('tx/stopping')).toBe(true)
  })

  test('one that somebody has removed keeps none of the others from coming back', async () => {
    await using stack = new TestStack(shell)
    transaction(stack, { stopping: 'w1\nb1\n', gone: 'w1' })
    expect(await standBy(stack, 'api', 'beat')).toBe(0)
    expect(stack.lines('asked')).toEqual(['stop b1, served stopping '])
    expect(stack.exists('tx/stopping')).toBe(false)
  })

  test.each([
    ['no stop was begun', undefined],
    ['nothing was old', '\n'],
  ])('%s: nothing is stopped', async (_, stopping) => {
    await using stack = new TestStack(shell)
    transaction(stack, { ...(stopping !== undefined && { stopping }) })
    expect(await standBy(stack, 'api', 'worker', 'beat')).toBe(0)
    expect(stack.lines('asked')).toEqual([])
  })
})
