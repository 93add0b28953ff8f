import { describe, expect, test } from 'vitest'
import { whyOvertaken } from '../../../src/agent/outcome.ts'
import { follow, told } from '../../support/followed.ts'
import { journal } from '../../support/journal.ts'

test('a refused confirmation, before and after the agent waits again', () => {
  const text = 'refused confirm check-bad'
  expect(told(text, 'committed')).toMatchInlineSnapshot(`
    "

    StepError: switch to the new release on deploy@web1: the server refused it: a check said that the release is bad
    State: not confirmed; unless it is, the server goes back by itself
    Next: see to what was refused, and run the job again"
  `)
  expect(told(`${text}\nwaiting trial 300`, 'committed')).toBe(told(text, 'committed'))
})

test('a refused word that the agent was not even given', () => {
  expect(told('refused not-owner')).toMatchInlineSnapshot(`
    "

    StepError: switch to the new release on deploy@web1: the server refused it: the transaction belongs to another job
    State: not confirmed; unless it is, the server goes back by itself
    Next: see to what was refused, and run the job again"
  `)
  expect(told('refused state-prepared', 'committed')).toMatchInlineSnapshot(`
    "

    StepError: switch to the new release on deploy@web1: the server refused it: this is not possible in the state prepared
    State: not confirmed; unless it is, the server goes back by itself
    Next: see to what was refused, and run the job again"
  `)
})

test('a transaction that stands elsewhere', () => {
  expect(told('waiting prepared 300')).toMatchInlineSnapshot(`
    "

    StepError: switch to the new release on deploy@web1: the transaction stands at prepared, where this is not possible
    State: unconfirmed; in 300 s the server goes back by itself
    Next: run the steps in the order prepare, migrations, switch, smoke test, confirm"
  `)
})

test('an agent that is gone', () => {
  expect(told('state trial\ngone')).toMatchInlineSnapshot(`
    "state: trial

    StepError: switch to the new release on deploy@web1: the agent on the server is gone and could not be recovered
    State: unknown
    Next: look at the containers on the host: cd /srv/shop/current && docker compose ps"
  `)
})

test('another transaction holds the stack, until the waiting is given up', () => {
  const holder = {
    tx: 't-20261121T120000Z-aaaaaa',
    since: 1_795_299_900,
    state: 'trial',
    action: 'deploy',
    version: 'v2',
    actor: 'octocat',
    run: 'https://github.com/octo/shop/actions/runs/1',
  }
  const text = `
    began-agent agent-1
    blocked t-20261121T120000Z-aaaaaa
    > ${JSON.stringify(holder)}
    ended undone lock-timeout`
  expect(told(text, 'prepared')).toMatchInlineSnapshot(`
    "waiting: another transaction holds the stack
    it is a deploy of v2 by octocat (https://github.com/octo/shop/actions/runs/1), on trial, since 22:25:00 UTC, that is 1 min 46 s

    StepError: switch to the new release on deploy@web1: another transaction held the stack for too long; it was a deploy of v2 by octocat (https://github.com/octo/shop/actions/runs/1), on trial, since 22:25:00 UTC, that is 1 min 46 s
    State: nothing was changed
    Next: run the job again when that one has ended; a longer \`lock-timeout\` waits longer, and the action rollback takes back what is open"
  `)
})

test('who holds the stack is not known', () => {
  expect(told('blocked \nended undone lock-timeout', 'prepared')).toMatchInlineSnapshot(`
    "waiting: another transaction holds the stack

    StepError: switch to the new release on deploy@web1: another transaction held the stack for too long
    State: nothing was changed
    Next: run the job again when that one has ended; a longer \`lock-timeout\` waits longer, and the action rollback takes back what is open"
  `)
})

test('another transaction came first', () => {
  expect(told('ended undone stale-plan', 'prepared')).toMatchInlineSnapshot(`
    "

    StepError: switch to the new release on deploy@web1: another transaction changed the stack after this one was planned
    State: nothing was changed
    Next: correct the cause and run the job again"
  `)
})

test('committed is what confirm wants, and nothing else does', () => {
  expect(told('ended committed', 'committed')).toContain('(as expected)')
  expect(told('ended committed')).toMatchInlineSnapshot(`
    "

    StepError: switch to the new release on deploy@web1: the transaction is confirmed already
    State: committed: its release is the live one"
  `)
})

describe('a plan was overtaken', () => {
  const why = (text: string) => {
    const { progress } = follow(journal(text))
    return progress && whyOvertaken(progress)
  }
  const failed = (key: string, code: number, end = `ended undone ${key.replace(' ', '-')}`) =>
    why(`began ${key}\n# have the networks\ndid ${key} ${code}\n> refused\n> another network has got it\n${end}`)

  test('by another transaction, or by what somebody got that a step of the first phase wanted', () => {
    expect(why('ended undone stale-plan')).toBe('another transaction changed the stack after this one was planned')
    expect(failed('prepare 02', 75)).toBe('have the networks: another network has got it')
  })

  test('not where a step failed for another reason, or later, or was cut short, or could not be taken back', () => {
    expect(failed('prepare 02', 1)).toBeUndefined()
    expect(failed('switch 02', 75)).toBeUndefined()
    expect(failed('prepare 02', 75, 'ended undone aborted')).toBeUndefined()
    expect(failed('prepare 02', 75, 'ended stuck prepare-02')).toBeUndefined()
    expect(why('ended undone lock-timeout')).toBeUndefined()
    expect(why('state prepared\nwaiting prepared 300')).toBeUndefined()
  })
})
