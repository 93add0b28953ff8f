import { describe, expect, test } from 'vitest'
import { effectsProgram } from '../../../src/agent/programs.ts'
import { SHELLS, TestStack } from '../../support/agent.ts'

const SAYS_WHO = '#!/bin/sh\necho "${0##*/} $*"\n'

/** Which Compose an effect asks, with these settings of the client. */
async function asked(stack: TestStack, settings: string): Promise<string> {
  stack.put('docker', SAYS_WHO)
  stack.putCompose(SAYS_WHO)
  const set = `project=shop stack=${stack.path} release=v1 variant=a
    echo '${settings}' >"$HOME/.docker/config.json"`
  const { lines } = await stack.run({ argv: ['sh', '-c', `${set}\n${effectsProgram}\ncompose pull 'a b'`] })
  return lines.join('\n').replaceAll(stack.path, '/stack')
}

const WITH = '--project-name shop --project-directory /stack/project --file /stack/releases/v1/a/compose.json pull a b'

describe.concurrent.each(SHELLS)('Compose, in %s', (shell) => {
  test("is the user's plugin, without the client", async () => {
    await using stack = new TestStack(shell)
    expect(await asked(stack, '{}')).toBe(`docker-compose ${WITH}`)
  })

  test('is asked of the client where its settings name further folders', async () => {
    await using stack = new TestStack(shell)
    expect(await asked(stack, '{"cliPluginsExtraDirs":["/opt/plugins"]}')).toBe(`docker compose ${WITH}`)
  })
})
