import { describe, expect, test } from 'vitest'
import { planText } from '../../support/plan-text.ts'
import { container, containersOfRelease, emptyHost, hostWith, shopRelease, switchable } from '../../support/stack.ts'

const one = shopRelease('v1', '1')

describe('what a release means for what runs', () => {
  test('nothing changed', () => {
    expect(planText({ ...one, id: 'v1-again' }, hostWith(one))).toMatchInlineSnapshot(`
      "deploy v1 to shop
        db      leave    data: a deploy never touches data (its image is postgres, a store)
        api     leave    web: nothing of it changed (worker depends on it)
        worker  leave    worker: nothing of it changed (\`worker\` in its name says that it looks for its work itself)
        nginx   leave    edge: nothing of it changed (\`nginx\` in the name of its image tells of a proxy, and it publishes a port)
      prepare:
        01 stage the release, because everything of v1-again is on the host before anything changes (reversible, at most 60 s)
           $ stage
           way back: $ unstage
      switch:
      commit:
      finish:
        01 point current to the release, because it is confirmed (irreversible, at most 70 s)
           $ point_current releases/v1-again/plain
        02 hold the images of the release, because a prune on the host leaves them, and with them the way back (irreversible, at most 70 s)
           $ hold_images ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1-again ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1-again ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1
      note: nothing changed: no container is touched"
    `)
  })

  test('an edge that was started by hand is replaced once, unless it mounts the folder by which it is switched', () => {
    const [folder, target] = ['/srv/shop/edge', '/etc/nginx/estiba']
    const mounting = (...sources: readonly string[]): string => {
      const mounts = sources.map((Source) => ({ Type: 'bind', Source, Destination: target }))
      const containers = [container('nginx', { image: 'nginx:1.28', mounts }), container('api')]
      const text = planText(shopRelease('v1', '1', switchable), { ...emptyHost, containers })
      return text
        .split('\n')
        .flatMap((line) => /^ +nginx .*/.exec(line)?.[0].trim() ?? [])
        .join('\n')
    }
    const why = (mounts: string): string =>
      `nginx   replace  edge: it was started without Estiba and is taken over${mounts} (\`nginx\` in the name of its image ` +
      'tells of a proxy, and it publishes a port); no visitor gets in from the stop of the old until the new is healthy: ' +
      'at most 10 s to stop, plus its start, this once: what it leads to changes without it'
    const apart = ': it does not mount the folder by which it is switched'
    expect(mounting()).toBe(why(apart))
    expect(mounting('/home/deploy/by-hand/edge')).toBe(why(apart))
    expect(mounting(folder)).toBe(why(''))
  })

  test('what a take-over costs stands in the plan', () => {
    const containers = ['nginx', 'api', 'worker'].map((name) => container(name))
    const text = planText(shopRelease('v1', '1', switchable), { ...emptyHost, containers })
    expect(text).toContain(
      'its data services stay as they run. Visitors are turned away while nginx is replaced; and, should the release be ' +
        'taken back after that, while it trades places again',
    )
  })

  test('a stack that was started by hand: its apps are replaced, its data is not touched', () => {
    const mounts = [{ Type: 'bind', Source: '/srv/shop/project/data', Destination: '/var/lib/postgresql/data' }]
    const containers = [
      container('nginx', { image: 'nginx:1.28' }),
      container('api', { image: 'ghcr.io/acme/api:latest', restart: 'unless-stopped' }),
      container('worker', { image: 'ghcr.io/acme/api:latest', restart: 'no' }),
      container('db', { image: 'postgres:15', mounts }),
    ]
    expect(planText(one, { ...emptyHost, containers })).toMatchInlineSnapshot(`
      "deploy v1 to shop
        db      leave    data: a deploy never touches data (its image is postgres, a store)
        api     replace  web: it was started without Estiba and is taken over (worker depends on it); down from the stop of the old until the new is healthy: at most 15 s to stop, plus its start
        worker  replace  worker: it was started without Estiba and is taken over (\`worker\` in its name says that it looks for its work itself); its work waits from the stop of the old until the new is healthy: at most 30 s to stop, plus its start
        nginx   replace  edge: it was started without Estiba and is taken over (\`nginx\` in the name of its image tells of a proxy, and it publishes a port); no visitor gets in from the stop of the old until the new is healthy: at most 10 s to stop, plus its start
      prepare:
        01 stage the release, because everything of v1 is on the host before anything changes (reversible, at most 60 s)
           $ stage
           way back: $ unstage
        02 pull the images of api, worker, nginx, because what is switched to must be there, also for the way back (nothing to undo, at most 900 s)
           $ pull amd64 api=ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111 worker=ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111 nginx=nginx:1.28
      switch:
        01 note what serves, and guard it against a \`docker compose up\` by hand, because the way back leads there, and \`up\` would mix two releases (reversible, at most 180 s)
           $ note_served shop-db-1 shop-api-1 shop-worker-1 shop-nginx-1
           way back: $ stand_by 120 db api worker nginx
        02 create the new api, worker, nginx, because made beside the old, so that the stop is short (reversible, at most 120 s)
           $ create_new api=e4740b7781656368:1 worker=a596dedff0616dce:2 nginx=04b50ed47683330c:1
           way back: $ set_aside api=e4740b7781656368 worker=a596dedff0616dce nginx=04b50ed47683330c
        03 stop the old api, worker, nginx, because old and new of them must not run at once; the old are kept, stopped, for the way back (reversible, at most 180 s)
           $ stop_old api=e4740b7781656368 worker=a596dedff0616dce nginx=04b50ed47683330c
           way back: $ stand_by 120 db api worker nginx
        04 start the new api, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 195 s)
           $ start_and_prove 120 api=e4740b7781656368
           way back: $ stop_new api=e4740b7781656368
        05 start the new worker, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 210 s)
           $ start_and_prove 120 worker=a596dedff0616dce
           way back: $ stop_new worker=a596dedff0616dce
        06 start the new nginx, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 190 s)
           $ start_and_prove 120 nginx=04b50ed47683330c
           way back: $ stop_new nginx=04b50ed47683330c
      commit:
        01 look at the new containers once more, because what is confirmed must run at this moment (nothing to undo, at most 30 s)
           $ are_well api=e4740b7781656368 worker=a596dedff0616dce nginx=04b50ed47683330c
      finish:
        01 point current to the release, because it is confirmed (irreversible, at most 90 s)
           $ point_current releases/v1/plain
        02 give the new containers their restart policy, because from now on the engine keeps them alive (irreversible, at most 90 s)
           $ keep_alive api=e4740b7781656368:always worker=a596dedff0616dce:no nginx=04b50ed47683330c:always
        03 hold the images of the release, because a prune on the host leaves them, and with them the way back (irreversible, at most 90 s)
           $ hold_images ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1
        04 stop and remove the old containers, because the way back now leads through the release (irreversible, at most 90 s)
           $ remove_old api=e4740b7781656368 worker=a596dedff0616dce nginx=04b50ed47683330c
      settle, where a migration forbids the way back:
        01 have db run, because whichever release goes on needs it, and an engine that was killed leaves it down (nothing to undo, at most 150 s)
           $ stand_by 120 db
        02 stop the old api, worker, nginx for good, then keep the new api, worker, nginx alive, because old and new of them must not run at once, and a start of the engine must not bring the old back (irreversible, at most 90 s)
           only where this has begun: switch 03
           $ await_engine && stop_old api=e4740b7781656368 worker=a596dedff0616dce nginx=04b50ed47683330c && keep_alive api=e4740b7781656368:always worker=a596dedff0616dce:no nginx=04b50ed47683330c:always
      while on trial, every second:
        $ are_well api=e4740b7781656368 worker=a596dedff0616dce nginx=04b50ed47683330c
      note: this stack was started by hand: its services are replaced once, its data services stay as they run
      note: old and new take turns, with a gap between them, because no edge of the stack mounts a folder as /etc/nginx/estiba, /etc/caddy/estiba, /etc/haproxy/estiba, or /etc/traefik/estiba (docs/recipes.md)"
    `)
  })

  test('one of two workers has ended: it is started, and nothing that runs can get lost', () => {
    const [first, ...rest] = containersOfRelease(one).toReversed().filter(isOf('worker'))
    const others = containersOfRelease(one).filter((other) => !isOf('worker')(other))
    const containers = [...others, ...rest, ...(first ? [{ ...first, status: 'exited' }] : [])]
    expect(planText({ ...one, id: 'v1-again' }, { ...hostWith(one), containers })).toMatchInlineSnapshot(`
      "deploy v1 to shop
        db      leave    data: a deploy never touches data (its image is postgres, a store)
        api     leave    web: nothing of it changed (worker depends on it)
        worker  repair   worker: 1 of 2 containers run as the release has them (\`worker\` in its name says that it looks for its work itself)
        nginx   leave    edge: nothing of it changed (\`nginx\` in the name of its image tells of a proxy, and it publishes a port)
      prepare:
        01 stage the release, because everything of v1-again is on the host before anything changes (reversible, at most 60 s)
           $ stage
           way back: $ unstage
      switch:
        01 note what serves, and guard it against a \`docker compose up\` by hand, because the way back leads there, and \`up\` would mix two releases (reversible, at most 180 s)
           $ note_served shop-db-1 shop-api-1 shop-worker-1 shop-nginx-1 && point_current releases/v1/plain-guard
           way back: $ stand_by 120 db api worker nginx && point_current releases/v1/plain
        02 complete worker, because containers of this very release are missing or have ended (reversible, at most 120 s)
           $ create_new worker=a596dedff0616dce:2
           way back: $ keep_alive worker=a596dedff0616dce:no
        03 start the new worker, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 210 s)
           $ start_and_prove 120 worker=a596dedff0616dce
        04 reload nginx, because it looks names up only when it starts, and the containers have new addresses (nothing to undo, at most 30 s)
           $ reload_nginx nginx
      commit:
        01 look at the new containers once more, because what is confirmed must run at this moment (nothing to undo, at most 30 s)
           $ are_well worker=a596dedff0616dce
      finish:
        01 point current to the release, because it is confirmed (irreversible, at most 90 s)
           $ point_current releases/v1-again/plain
        02 give the new containers their restart policy, because from now on the engine keeps them alive (irreversible, at most 90 s)
           $ keep_alive worker=a596dedff0616dce:no
        03 hold the images of the release, because a prune on the host leaves them, and with them the way back (irreversible, at most 90 s)
           $ hold_images ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1-again ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1-again ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1
        04 stop and remove the old containers, because the way back now leads through the release (irreversible, at most 90 s)
           $ remove_old worker=a596dedff0616dce
      settle, where a migration forbids the way back:
        01 have db, api, nginx run, because whichever release goes on needs it, and an engine that was killed leaves it down (nothing to undo, at most 150 s)
           $ stand_by 120 db api nginx
        02 keep worker alive, because containers of this very release serve (irreversible, at most 90 s)
           $ keep_alive worker=a596dedff0616dce:no
        03 reload nginx, because it looks names up only when it starts, and the containers have new addresses (nothing to undo, at most 30 s)
           only where this has begun: switch 03
           $ await_engine && reload_nginx nginx
      while on trial, every second:
        $ are_well worker=a596dedff0616dce
      note: old and new take turns, with a gap between them, because no edge of the stack mounts a folder as /etc/nginx/estiba, /etc/caddy/estiba, /etc/haproxy/estiba, or /etc/traefik/estiba (docs/recipes.md)"
    `)
  })
})

function isOf(service: string) {
  return ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
    labels['com.docker.compose.service'] === service
}
