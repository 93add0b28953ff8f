import { describe, expect, test } from 'vitest'
import { explainCause, ProgressReader } from '../../../src/agent/progress.ts'
import { follow, told } from '../../support/followed.ts'
import { journal } from '../../support/journal.ts'

describe('what is told, and how it ends', () => {
  test('a phase that goes through', () => {
    const text = `
      began switch 01
      # create the new api
      did switch 01 0
      > created
      state trial
      waiting trial 300`
    expect(told(text)).toMatchInlineSnapshot(`
      "create the new api: done in 3 s
        created
      state: trial
      (as expected)"
    `)
  })

  test('a step that fails: undone, with its last lines', () => {
    const text = `
      began switch 01
      # create the new api
      did switch 01 0
      began switch 04
      # wait until api is healthy
      did switch 04 1
      > api (/shop-api-2) is exited, exit code 3
      > 
      > its last lines:
      > ERROR: no DATABASE_URL
      undoing switch-04
      undid switch 04 0
      > stopped
      undid switch 01 0
      ended undone switch-04`
    expect(told(text)).toMatchInlineSnapshot(`
      "create the new api: done in 3 s
      wait until api is healthy: failed with exit code 1 after 3 s
        api (/shop-api-2) is exited, exit code 3
        its last lines:
        ERROR: no DATABASE_URL
      going back: step 04 of switch failed
      taken back: wait until api is healthy
        stopped
      taken back: create the new api

      StepError: switch to the new release on deploy@web1: wait until api is healthy: failed (exit code 1)
          api (/shop-api-2) is exited, exit code 3
          its last lines:
          ERROR: no DATABASE_URL
      State: undone: the release before serves
      Next: correct the cause and run the job again"
    `)
  })

  test('of a long output the last 50 lines are kept', () => {
    const output = Array.from({ length: 70 }, (_, index) => `> line ${index}`).join('\n')
    const { progress } = follow(journal(`did switch 04 1\n${output}\nended undone switch-04`))
    const lastLines = progress?.kind === 'ended' ? progress.failure?.lastLines : []
    expect(lastLines?.length).toBe(50)
    expect(lastLines?.at(-1)).toBe('line 69')
  })

  test('an abort cuts a step short, and is what the transaction ended of', () => {
    const text = `
      began switch 04
      # wait until api is healthy
      did switch 04 143
      > terminated
      undoing aborted
      ended undone aborted`
    expect(told(text)).toMatchInlineSnapshot(`
      "wait until api is healthy: failed with exit code 143 after 3 s
        terminated
      going back: it was aborted

      StepError: switch to the new release on deploy@web1: it was aborted
      State: undone: the release before serves
      Next: correct the cause and run the job again"
    `)
  })

  test('what the way back has left for whoever looks is named', () => {
    const text = `
      undoing check-bad
      undid switch 03 0
      > kept, stopped, until the next deploy: shop-api-2 (docker logs shop-api-2)
      > kept, stopped, until the next deploy: shop-web-4 (docker logs shop-web-4)
      ended undone check-bad`
    expect(told(text, 'committed')).toContain(
      'Next: correct the cause and run the job again; what ran of it is kept on the host, stopped, until the next deploy: ' +
        'docker logs shop-api-2, docker logs shop-web-4',
    )
  })

  test('nobody confirmed', () => {
    expect(told('undoing lease-expired\nended undone lease-expired', 'committed')).toMatchInlineSnapshot(`
      "going back: nobody confirmed it in time

      StepError: switch to the new release on deploy@web1: nobody confirmed it in time
      State: undone: the release before serves
      Next: correct the cause and run the job again"
    `)
  })

  test('unwell on trial', () => {
    const text = `
      undoing unwell-in-trial
      > api (/shop-api-2) is restarting
      ended undone unwell-in-trial`
    expect(told(text, 'committed')).toMatchInlineSnapshot(`
      "going back: a new container was restarted, ended or became unhealthy during the trial
        api (/shop-api-2) is restarting

      StepError: switch to the new release on deploy@web1: a new container was restarted, ended or became unhealthy during the trial
          api (/shop-api-2) is restarting
      State: undone: the release before serves
      Next: correct the cause and run the job again"
    `)
  })

  test('stuck: the old release may not run on the new schema', () => {
    const text = `
      began migrate 02
      # migrate: alembic upgrade head
      did migrate 02 0
      began switch 04
      # wait until api is healthy
      did switch 04 1
      > not healthy within 120 s
      undoing switch-04
      forbidden migrate 02
      > the schema changed
      ended stuck switch-04`
    expect(told(text)).toMatchInlineSnapshot(`
      "migrate: alembic upgrade head: done in 3 s
      wait until api is healthy: failed with exit code 1 after 3 s
        not healthy within 120 s
      going back: step 04 of switch failed
      it may not be taken back: migrate: alembic upgrade head
        the schema changed

      StepError: switch to the new release on deploy@web1: wait until api is healthy: failed (exit code 1)
          not healthy within 120 s
      State: stuck: it is not taken back (migrate: alembic upgrade head: the schema changed); what runs now goes on running
      Next: look at the last lines of /srv/shop/transactions/*/journal on the host, repair by hand, then deploy again"
    `)
  })

  test('stuck: a way back fails', () => {
    const text = `
      began switch 02
      # stop the old api
      undoing aborted
      undid switch 02 1
      > no space left on device
      ended stuck aborted`
    expect(told(text)).toMatchInlineSnapshot(`
      "going back: it was aborted
      COULD NOT BE TAKEN BACK: stop the old api
        no space left on device

      StepError: switch to the new release on deploy@web1: it was aborted
      State: stuck: it is not taken back (stop the old api: no space left on device); what runs now goes on running
      Next: look at the last lines of /srv/shop/transactions/*/journal on the host, repair by hand, then deploy again"
    `)
  })

  test('an end without an end is nothing', () => {
    expect(told('began switch 01\n# create the new api')).toContain('(nothing)')
  })
})

describe('after a lost connection', () => {
  const text = journal('began switch 01\n# create the new api\ndid switch 01 0\nstate trial\nwaiting trial 300')
  const lines = text.split('\n')

  test('the next record is the one after the last that was read', () => {
    expect(follow('').next).toBe(1)
    expect(follow(lines.slice(0, 3).join('\n')).next).toBe(3)
  })

  test('a record that comes twice is told once', () => {
    expect(follow(text, text)).toEqual(follow(text))
  })

  test('a step whose beginning was not seen is named by its number, and took nobody knows how long', () => {
    expect(follow('7 1795300000 3600 did switch 03 0').log).toBe('step 03 of switch: done')
    expect(follow('7 1795300000 3600 did switch 03 1').log).toBe('step 03 of switch: failed with exit code 1')
  })
})

test.each([
  ['switch-04', 'step 04 of switch failed'],
  ['agent-gone', 'the agent had died'],
  ['not-confirmed-by-the-job', 'its job ended without confirming it'],
  ['state-prepared', 'this is not possible in the state prepared'],
  ['something-new', 'something-new'],
])('the cause %s: %s', (cause, sentence) => {
  expect(explainCause(cause)).toBe(sentence)
})

describe('one who waits', () => {
  test('is reminded for how long and of whom, as long as it waits', () => {
    const lines: string[] = []
    let now = 0
    const reader = new ProgressReader({ line: (text) => void lines.push(text) }, () => now)
    reader.remind()
    reader.read('1 1795300000 100 blocked t-20261121T120000Z-aaaaaa')
    reader.read('> {"tx":"t-20261121T120000Z-aaaaaa","since":1795299990,"state":"open","run":"https://run"}')
    now = 90_000
    reader.remind()
    reader.read('2 1795300000 190 state open')
    reader.remind()
    expect(lines).toMatchInlineSnapshot(`
      [
        "waiting: another transaction holds the stack",
        "it is a change (https://run), being prepared, since 22:26:30 UTC, that is 10 s",
        "still waiting, for 1 min 30 s: https://run holds the stack",
        "state: open",
      ]
    `)
  })
})
