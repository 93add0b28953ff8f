import { describe, expect, test } from 'vitest'
import { planText } from '../../support/plan-text.ts'
import { emptyHost, hostWith, shopRelease } from '../../support/stack.ts'

const one = shopRelease('v1', '1')
const two = shopRelease('v2', '2')

describe('a whole plan', () => {
  test('the first deploy', () => {
    expect(planText(one, emptyHost)).toMatchInlineSnapshot(`
      "deploy v1 to shop
        db      create   data: it has no container yet (its image is postgres, a store)
        api     create   web: it has no container yet (worker depends on it)
        worker  create   worker: it has no container yet (\`worker\` in its name says that it looks for its work itself)
        nginx   create   edge: it has no container yet (\`nginx\` in the name of its image tells of a proxy, and it publishes a port)
      prepare:
        01 stage the release, because everything of v1 is on the host before anything changes (reversible, at most 60 s)
           $ stage
           way back: $ unstage
        02 pull the images of db, api, worker, nginx, because what is switched to must be there, also for the way back (nothing to undo, at most 900 s)
           $ pull amd64 db=postgres:15 api=ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111 worker=ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111 nginx=nginx:1.28
        03 start db, because a store must run before what uses it; it stays, whatever becomes of the release (nothing to undo, at most 150 s)
           $ compose up --detach --no-deps --no-recreate --wait --wait-timeout 120 db
      switch:
        01 note what serves, and guard it against a \`docker compose up\` by hand, because the way back leads there, and \`up\` would mix two releases (reversible, at most 180 s)
           $ note_served
        02 create the new api, worker, nginx, because made beside the old, so that the stop is short (reversible, at most 120 s)
           $ create_new api=e4740b7781656368:1 worker=a596dedff0616dce:2 nginx=04b50ed47683330c:1
           way back: $ set_aside api=e4740b7781656368 worker=a596dedff0616dce nginx=04b50ed47683330c
        03 start the new api, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 195 s)
           $ start_and_prove 120 api=e4740b7781656368
           way back: $ stop_new api=e4740b7781656368
        04 start the new worker, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 210 s)
           $ start_and_prove 120 worker=a596dedff0616dce
           way back: $ stop_new worker=a596dedff0616dce
        05 start the new nginx, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 190 s)
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
      settle, where a migration forbids the way back:
        01 keep the new api, worker, nginx alive, because from now on the engine keeps them alive (irreversible, at most 90 s)
           only where this has begun: switch 03
           $ await_engine && keep_alive api=e4740b7781656368:always worker=a596dedff0616dce:no nginx=04b50ed47683330c:always
      while on trial, every second:
        $ are_well api=e4740b7781656368 worker=a596dedff0616dce nginx=04b50ed47683330c
      note: old and new take turns, with a gap between them, because no edge of the stack mounts a folder as /etc/nginx/estiba, /etc/caddy/estiba, /etc/haproxy/estiba, or /etc/traefik/estiba (docs/recipes.md)"
    `)
  })

  test('the image of api and worker changed', () => {
    expect(planText(two, hostWith(one))).toMatchInlineSnapshot(`
      "deploy v2 to shop
        db      leave    data: a deploy never touches data (its image is postgres, a store)
        api     replace  web: its image changed (worker depends on it); down from the stop of the old until the new is healthy: at most 15 s to stop, plus its start
        worker  replace  worker: its image changed (\`worker\` in its name says that it looks for its work itself); its work waits from the stop of the old until the new is healthy: at most 30 s to stop, plus its start
        nginx   leave    edge: nothing of it changed (\`nginx\` in the name of its image tells of a proxy, and it publishes a port)
      prepare:
        01 stage the release, because everything of v2 is on the host before anything changes (reversible, at most 60 s)
           $ stage
           way back: $ unstage
        02 pull the images of api, worker, because what is switched to must be there, also for the way back (nothing to undo, at most 900 s)
           $ pull amd64 api=ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222 worker=ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222
      switch:
        01 note what serves, and guard it against a \`docker compose up\` by hand, because the way back leads there, and \`up\` would mix two releases (reversible, at most 180 s)
           $ note_served shop-db-1 shop-api-1 shop-worker-1 shop-worker-2 shop-nginx-1 && point_current releases/v1/plain-guard
           way back: $ stand_by 120 db api worker nginx && lead_back releases/v1/plain api=e28c8f1dc4bb89d0/plain worker=984bdedd2f7b08ac/plain
        02 create the new api, worker, because made beside the old, so that the stop is short (reversible, at most 120 s)
           $ create_new api=e28c8f1dc4bb89d0:1 worker=984bdedd2f7b08ac:2
           way back: $ set_aside api=e28c8f1dc4bb89d0 worker=984bdedd2f7b08ac
        03 stop the old api, worker, because old and new of them must not run at once; the old are kept, stopped, for the way back (reversible, at most 180 s)
           $ stop_old api=e28c8f1dc4bb89d0 worker=984bdedd2f7b08ac
           way back: $ stand_by 120 db api worker && stand_by 120 nginx && reload_nginx nginx
        04 start the new api, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 195 s)
           $ start_and_prove 120 api=e28c8f1dc4bb89d0
           way back: $ stop_new api=e28c8f1dc4bb89d0
        05 start the new worker, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 210 s)
           $ start_and_prove 120 worker=984bdedd2f7b08ac
           way back: $ stop_new worker=984bdedd2f7b08ac
        06 reload nginx, because it looks names up only when it starts, and the containers have new addresses (nothing to undo, at most 30 s)
           $ reload_nginx nginx
      commit:
        01 look at the new containers once more, because what is confirmed must run at this moment (nothing to undo, at most 30 s)
           $ are_well api=e28c8f1dc4bb89d0 worker=984bdedd2f7b08ac
      finish:
        01 point current to the release, because it is confirmed (irreversible, at most 90 s)
           $ point_current releases/v2/plain
        02 give the new containers their restart policy, because from now on the engine keeps them alive (irreversible, at most 90 s)
           $ keep_alive api=e28c8f1dc4bb89d0:always worker=984bdedd2f7b08ac:no
        03 hold the images of the release, because a prune on the host leaves them, and with them the way back (irreversible, at most 90 s)
           $ hold_images ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222=api.v2 ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222=worker.v2 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1
        04 stop and remove the old containers, because the way back now leads through the release (irreversible, at most 90 s)
           $ remove_old api=e28c8f1dc4bb89d0 worker=984bdedd2f7b08ac
      settle, where a migration forbids the way back:
        01 have db, nginx run, because whichever release goes on needs it, and an engine that was killed leaves it down (nothing to undo, at most 150 s)
           $ stand_by 120 db nginx
        02 stop the old api, worker for good, then keep the new api, worker alive, because old and new of them must not run at once, and a start of the engine must not bring the old back (irreversible, at most 90 s)
           only where this has begun: switch 03
           $ await_engine && stop_old api=e28c8f1dc4bb89d0 worker=984bdedd2f7b08ac && keep_alive api=e28c8f1dc4bb89d0:always worker=984bdedd2f7b08ac:no
        03 reload nginx, because it looks names up only when it starts, and the containers have new addresses (nothing to undo, at most 30 s)
           only where this has begun: switch 03
           $ await_engine && reload_nginx nginx
      while on trial, every second:
        $ are_well api=e28c8f1dc4bb89d0 worker=984bdedd2f7b08ac
      note: old and new take turns, with a gap between them, because no edge of the stack mounts a folder as /etc/nginx/estiba, /etc/caddy/estiba, /etc/haproxy/estiba, or /etc/traefik/estiba (docs/recipes.md)
      note: pages that were opened before the switch get 404 for files that only the old api had; if names of files change with each build, label the service estiba.assets: /their/folder/in/the/container"
    `)
  })

  test('a rollback asks no registry and unstages nothing', () => {
    expect(planText(one, hostWith(one, two), { from: 'host', title: 'roll shop back to v1' })).toMatchInlineSnapshot(`
      "roll shop back to v1
        db      leave    data: a deploy never touches data (its image is postgres, a store)
        api     replace  web: its image changed (worker depends on it); down from the stop of the old until the new is healthy: at most 15 s to stop, plus its start
        worker  replace  worker: its image changed (\`worker\` in its name says that it looks for its work itself); its work waits from the stop of the old until the new is healthy: at most 30 s to stop, plus its start
        nginx   leave    edge: nothing of it changed (\`nginx\` in the name of its image tells of a proxy, and it publishes a port)
      prepare:
        01 stage the release, because everything of v1 is on the host before anything changes (reversible, at most 60 s)
           $ stage
      switch:
        01 note what serves, and guard it against a \`docker compose up\` by hand, because the way back leads there, and \`up\` would mix two releases (reversible, at most 180 s)
           $ note_served shop-db-1 shop-api-1 shop-worker-1 shop-worker-2 shop-nginx-1 && point_current releases/v2/plain-guard
           way back: $ stand_by 120 db api worker nginx && lead_back releases/v2/plain api=e4740b7781656368/plain worker=a596dedff0616dce/plain
        02 create the new api, worker, because made beside the old, so that the stop is short (reversible, at most 120 s)
           $ create_new api=e4740b7781656368:1 worker=a596dedff0616dce:2
           way back: $ set_aside api=e4740b7781656368 worker=a596dedff0616dce
        03 stop the old api, worker, because old and new of them must not run at once; the old are kept, stopped, for the way back (reversible, at most 180 s)
           $ stop_old api=e4740b7781656368 worker=a596dedff0616dce
           way back: $ stand_by 120 db api worker && stand_by 120 nginx && reload_nginx nginx
        04 start the new api, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 195 s)
           $ start_and_prove 120 api=e4740b7781656368
           way back: $ stop_new api=e4740b7781656368
        05 start the new worker, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 210 s)
           $ start_and_prove 120 worker=a596dedff0616dce
           way back: $ stop_new worker=a596dedff0616dce
        06 reload nginx, because it looks names up only when it starts, and the containers have new addresses (nothing to undo, at most 30 s)
           $ reload_nginx nginx
      commit:
        01 look at the new containers once more, because what is confirmed must run at this moment (nothing to undo, at most 30 s)
           $ are_well api=e4740b7781656368 worker=a596dedff0616dce
      finish:
        01 point current to the release, because it is confirmed (irreversible, at most 90 s)
           $ point_current releases/v1/plain
        02 give the new containers their restart policy, because from now on the engine keeps them alive (irreversible, at most 90 s)
           $ keep_alive api=e4740b7781656368:always worker=a596dedff0616dce:no
        03 hold the images of the release, because a prune on the host leaves them, and with them the way back (irreversible, at most 90 s)
           $ hold_images ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1 ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222=api.v2 ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222=worker.v2
        04 stop and remove the old containers, because the way back now leads through the release (irreversible, at most 90 s)
           $ remove_old api=e4740b7781656368 worker=a596dedff0616dce
      while on trial, every second:
        $ are_well api=e4740b7781656368 worker=a596dedff0616dce
      note: old and new take turns, with a gap between them, because no edge of the stack mounts a folder as /etc/nginx/estiba, /etc/caddy/estiba, /etc/haproxy/estiba, or /etc/traefik/estiba (docs/recipes.md)
      note: pages that were opened before the switch get 404 for files that only the old api had; if names of files change with each build, label the service estiba.assets: /their/folder/in/the/container"
    `)
  })
})
