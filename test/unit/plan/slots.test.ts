import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/release/manifest.ts'
import type { Observation } from '../../../src/stack/observation.ts'
import { commandsOf, planText } from '../../support/plan-text.ts'
import { container, containersOfRelease, emptyHost, hostWith, shopRelease, switchable } from '../../support/stack.ts'

const one = shopRelease('v1', '1', switchable)
const two = shopRelease('v2', '2', switchable)

const plan = (to: Manifest, observation: Observation) => planText(to, observation, { healthyWithin: 60 })

describe('a release in slots', () => {
  test('the first deploy goes to slot a', () => {
    expect(commandsOf(plan(one, emptyHost))).toMatchInlineSnapshot(`
      [
        "$ stage",
        "way back: $ unstage",
        "$ make_slots 10.213.0.0/24 10.213.1.0/24",
        "$ pull amd64 db=postgres:15 api=ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111 worker=ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111 nginx=nginx:1.28",
        "$ compose up --detach --no-deps --no-recreate --wait --wait-timeout 60 db",
        "$ join_slots db",
        "$ note_served",
        "$ create_new api=3864fb2d65c7c248:1 worker=a596dedff0616dce:2 nginx=a58aa1d49c686408:1",
        "way back: $ set_aside api=3864fb2d65c7c248 worker=a596dedff0616dce nginx=a58aa1d49c686408",
        "$ start_and_prove 60 api=3864fb2d65c7c248",
        "way back: $ stop_new api=3864fb2d65c7c248",
        "$ start_and_prove 60 worker=a596dedff0616dce",
        "way back: $ stop_new worker=a596dedff0616dce",
        "$ switch_edge a-trial",
        "$ start_and_prove 60 nginx=a58aa1d49c686408",
        "way back: $ stop_new nginx=a58aa1d49c686408",
        "$ see_edge a-trial nginx",
        "$ are_well api=3864fb2d65c7c248 worker=a596dedff0616dce nginx=a58aa1d49c686408",
        "$ point_current releases/v1/a",
        "$ switch_edge a && await_engine && see_edge a nginx",
        "$ keep_alive api=3864fb2d65c7c248:always worker=a596dedff0616dce:no nginx=a58aa1d49c686408:always",
        "$ hold_images ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1",
        "$ await_engine && keep_alive nginx=a58aa1d49c686408:always",
        "$ keep_alive api=3864fb2d65c7c248:always && switch_edge a && see_edge a nginx",
        "$ await_engine && keep_alive worker=a596dedff0616dce:no",
        "$ are_well api=3864fb2d65c7c248 worker=a596dedff0616dce nginx=a58aa1d49c686408",
      ]
    `)
  })

  test('a changed image moves the set to the free slot, and the edge is switched last', () => {
    expect(plan(two, hostWith(one))).toMatchInlineSnapshot(`
      "deploy v2 to shop
        db      leave    data: a deploy never touches data (its image is postgres, a store)
        api     replace  web: its image changed (its label estiba.kind says so); no downtime: new beside old, then one switch
        worker  replace  worker: its image changed (\`worker\` in its name says that it looks for its work itself); its work waits from the stop of the old until the new is healthy: at most 30 s to stop, plus its start
        nginx   leave    edge: nothing of it changed (\`nginx\` in the name of its image tells of a proxy, and it publishes a port)
      prepare:
        01 stage the release, because everything of v2 is on the host before anything changes (reversible, at most 60 s)
           $ stage
           way back: $ unstage
        02 pull the images of api, worker, because what is switched to must be there, also for the way back (nothing to undo, at most 900 s)
           $ pull amd64 api=ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222 worker=ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222
      switch:
        01 note what serves, and guard it against a \`docker compose up\` by hand, because the way back leads there, and \`up\` would mix two releases (reversible, at most 120 s)
           $ note_served shop-db-1 shop-api-1 shop-worker-1 shop-worker-2 shop-nginx-1 && point_current releases/v1/a-guard
           way back: $ stand_by 60 db api worker nginx && lead_back releases/v1/a api=d46a468f8933d529/b worker=984bdedd2f7b08ac/b
        02 create the new api, worker, because made beside the old, in slot b, which the edge does not lead to (reversible, at most 120 s)
           $ create_new api=d46a468f8933d529:1 worker=984bdedd2f7b08ac:2
           way back: $ set_aside api=d46a468f8933d529 worker=984bdedd2f7b08ac
        03 start the new api, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 135 s)
           $ start_and_prove 60 api=d46a468f8933d529
           way back: $ stop_new api=d46a468f8933d529
        04 stop the old worker, because old and new of them must not run at once; the old are kept, stopped, for the way back (reversible, at most 120 s)
           $ stop_old worker=984bdedd2f7b08ac
           way back: $ stand_by 60 db worker
        05 start the new worker, and wait until it is healthy, because what comes before is up; a health check must say yes three times in a row (reversible, at most 150 s)
           $ start_and_prove 60 worker=984bdedd2f7b08ac
           way back: $ stop_new worker=984bdedd2f7b08ac
        06 lead the edge to slot b, because what is there has proved itself; until it is confirmed the old slot answers where the new one takes no connection (reversible, at most 90 s)
           $ switch_edge b-trial && see_edge b-trial nginx
           way back: $ switch_edge a && stand_by 60 db nginx api && see_edge a nginx && drain 5 10.213.1.0/24 nginx
      commit:
        01 look at the new containers once more, because what is confirmed must run at this moment (nothing to undo, at most 30 s)
           $ are_well api=d46a468f8933d529 worker=984bdedd2f7b08ac
      finish:
        01 point current to the release, because it is confirmed (irreversible, at most 90 s)
           $ point_current releases/v2/b
        02 lead the edge to the release alone, because the old slot answers for it no more (irreversible, at most 90 s)
           $ switch_edge b && await_engine && see_edge b nginx
        03 give the new containers their restart policy, because from now on the engine keeps them alive (irreversible, at most 90 s)
           $ keep_alive api=d46a468f8933d529:always worker=984bdedd2f7b08ac:no
        04 hold the images of the release, because a prune on the host leaves them, and with them the way back (irreversible, at most 90 s)
           $ hold_images ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222=api.v2 ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222=worker.v2 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1
        05 stop and remove the old containers, because the way back now leads through the release (irreversible, at most 130 s)
           $ drain 30 10.213.0.0/24 nginx && remove_old api=d46a468f8933d529 worker=984bdedd2f7b08ac
      settle, where a migration forbids the way back:
        01 have db, nginx run, because whichever release goes on needs it, and an engine that was killed leaves it down (nothing to undo, at most 90 s)
           $ stand_by 60 db nginx
        02 go on with the new api in slot b alone, because what is there has proved itself, and old code must not answer on a schema that it can not use (irreversible, at most 135 s)
           only where this has begun: switch 04
           $ keep_alive api=d46a468f8933d529:always && stand_by 60 nginx && switch_edge b && see_edge b nginx && stop_old api=d46a468f8933d529
        03 stop the old worker for good, then keep the new worker alive, because old and new of them must not run at once, and a start of the engine must not bring the old back (irreversible, at most 90 s)
           only where this has begun: switch 04
           $ await_engine && stop_old worker=984bdedd2f7b08ac && keep_alive worker=984bdedd2f7b08ac:no
      while on trial, every second:
        $ are_well api=d46a468f8933d529 worker=984bdedd2f7b08ac
      note: pages that were opened before the switch get 404 for files that only the old api had; if names of files change with each build, label the service estiba.assets: /their/folder/in/the/container"
    `)
  })

  test('what was seen on the host is neither made nor pulled', () => {
    const networks = [
      { name: 'shop_slot-a', subnets: ['10.213.0.0/24'] },
      { name: 'shop_slot-b', subnets: ['10.213.1.0/24'] },
    ]
    const digest = `sha256:${'0'.repeat(64)}`
    const pinned = { image: `ghcr.io/acme/api@${digest}` }
    const to = shopRelease('v3', '2', { ...switchable, api: { ...switchable['api'], ...pinned } })
    const host = { ...hostWith(one), networks, images: new Set([pinned.image, 'ghcr.io/acme/worker:2']) }
    const lines = commandsOf(plan(to, host)).filter((line) => /make_slots|pull/.test(line))
    expect(lines).toMatchInlineSnapshot(`
      [
        "$ pull amd64 worker=ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222",
      ]
    `)
  })

  test('nothing changed: nothing moves', () => {
    expect(commandsOf(plan(one, hostWith(one)))).toMatchInlineSnapshot(`
      [
        "$ stage",
        "way back: $ unstage",
        "$ point_current releases/v1/a",
        "$ hold_images ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1",
      ]
    `)
  })

  test('one changed service takes the others along', () => {
    const to = shopRelease('v3', '1', { ...switchable, worker: { command: ['work', 'harder'] } })
    expect(plan(to, hostWith(one))).toContain('api     replace  web: it moves to the other slot with worker')
  })

  test('a changed edge starts on the new slot', () => {
    const to = shopRelease('v3', '2', { ...switchable, nginx: { ...switchable['nginx'], command: ['nginx'] } })
    expect(commandsOf(plan(to, hostWith(one)))).toMatchInlineSnapshot(`
      [
        "$ stage",
        "way back: $ unstage",
        "$ pull amd64 api=ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222 worker=ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222 nginx=nginx:1.28",
        "$ note_served shop-db-1 shop-api-1 shop-worker-1 shop-worker-2 shop-nginx-1 && point_current releases/v1/a-guard",
        "way back: $ stand_by 60 db api worker nginx && lead_back releases/v1/a api=d46a468f8933d529/b worker=984bdedd2f7b08ac/b nginx=b3d13b9d1266b9db/",
        "$ create_new api=d46a468f8933d529:1 worker=984bdedd2f7b08ac:2 nginx=b3d13b9d1266b9db:1",
        "way back: $ set_aside api=d46a468f8933d529 worker=984bdedd2f7b08ac nginx=b3d13b9d1266b9db",
        "$ start_and_prove 60 api=d46a468f8933d529",
        "way back: $ stop_new api=d46a468f8933d529",
        "$ stop_old worker=984bdedd2f7b08ac",
        "way back: $ stand_by 60 db worker",
        "$ start_and_prove 60 worker=984bdedd2f7b08ac",
        "way back: $ stop_new worker=984bdedd2f7b08ac",
        "$ stop_old nginx=b3d13b9d1266b9db",
        "way back: $ stand_by 60 db nginx",
        "$ switch_edge b-trial",
        "way back: $ switch_edge a && stand_by 60 db api && drain 5 10.213.1.0/24 nginx",
        "$ start_and_prove 60 nginx=b3d13b9d1266b9db",
        "way back: $ stop_new nginx=b3d13b9d1266b9db",
        "$ see_edge b-trial nginx",
        "$ are_well api=d46a468f8933d529 worker=984bdedd2f7b08ac nginx=b3d13b9d1266b9db",
        "$ point_current releases/v3/b",
        "$ switch_edge b && await_engine && see_edge b nginx",
        "$ keep_alive api=d46a468f8933d529:always worker=984bdedd2f7b08ac:no nginx=b3d13b9d1266b9db:always",
        "$ hold_images ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222=api.v3 ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222=worker.v3 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1",
        "$ drain 30 10.213.0.0/24 nginx && remove_old api=d46a468f8933d529 worker=984bdedd2f7b08ac nginx=b3d13b9d1266b9db",
        "$ stand_by 60 db",
        "$ stop_new nginx=b3d13b9d1266b9db && stand_by 60 nginx",
        "$ await_engine && stop_old nginx=b3d13b9d1266b9db && keep_alive nginx=b3d13b9d1266b9db:always",
        "$ keep_alive api=d46a468f8933d529:always && switch_edge b && see_edge b nginx && stop_old api=d46a468f8933d529",
        "$ await_engine && stop_old worker=984bdedd2f7b08ac && keep_alive worker=984bdedd2f7b08ac:no",
        "$ are_well api=d46a468f8933d529 worker=984bdedd2f7b08ac nginx=b3d13b9d1266b9db",
      ]
    `)
  })

  test('a new web service needs a new configuration of the edge', () => {
    const to = shopRelease('v3', '2', {
      ...switchable,
      worker: { command: ['work'], expose: ['9000'], labels: { 'estiba.kind': 'web' }, deploy: { replicas: 1 } },
    })
    expect(commandsOf(plan(to, hostWith(one)))).toContain('$ configure_edge nginx && see_edge a nginx')
  })

  test("another text of the edge's own is all that is done where nothing else changed", () => {
    const to = shopRelease('v2', '1', switchable, { 'own/nginx/etc_nginx_conf.d_shop.conf': 'gzip on;' })
    const text = plan(to, hostWith(one))
    expect(text).toContain('nginx   leave    edge: it loads its new configuration')
    expect(text).not.toContain('note: nothing')
    expect(commandsOf(text)).toMatchInlineSnapshot(`
      [
        "$ stage",
        "way back: $ unstage",
        "$ note_served shop-db-1 shop-api-1 shop-worker-1 shop-worker-2 shop-nginx-1 && point_current releases/v1/a-guard",
        "way back: $ stand_by 60 db api worker nginx && point_current releases/v1/a",
        "$ configure_edge nginx && see_edge a nginx",
        "way back: $ configure_edge_back nginx",
        "$ point_current releases/v2/a",
        "$ hold_images ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v2 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v2 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1",
        "$ tidy_edge",
      ]
    `)
  })

  test('an edge that is replaced as well gets it between the two, so that the way back does, too', () => {
    const change = { ...switchable, nginx: { ...switchable['nginx'], image: 'nginx:1.29' } }
    const to = shopRelease('v2', '1', change, { 'own/nginx/etc_nginx_conf.d_shop.conf': 'gzip on;' })
    const effects = commandsOf(plan(to, hostWith(one))).map((line) => line.split(' ').slice(0, 2).join(' '))
    const [stop, configure, start] = ['$ stop_old', '$ configure_edge', '$ start_and_prove'].map((effect) =>
      effects.indexOf(effect),
    )
    expect([stop, configure, start]).toEqual([stop, (stop ?? 0) + 2, (stop ?? 0) + 4])
  })

  test('a second proxy is no part of the switch', () => {
    const change = {
      ...switchable,
      gate: { image: 'haproxy:3', ports: [{ target: 81, published: '81' }], restart: 'always' },
    }
    const text = plan(shopRelease('v2', '2', change), hostWith(shopRelease('v1', '1', change)))
    expect(text).toContain('gate    leave    edge: nothing of it changed')
    expect(text).not.toMatch(/(see_edge|drain|configure_edge)[^&\n]* gate/)
    expect(text).toContain('see_edge b-trial nginx')
  })

  test('replicas have an address each, which they get before they are started', () => {
    const several = (version: string, digit: string) =>
      shopRelease(version, digit, { ...switchable, api: { ...switchable['api'], deploy: { replicas: 3 } } })
    const text = plan(several('v3', '2'), hostWith(several('v1', '1')))
    expect(commandsOf(text).find((line) => line.startsWith('$ create_new'))).toMatchInlineSnapshot(
      `"$ create_new api=34ad95596d54529f:3 worker=984bdedd2f7b08ac:2 && place_new api=34ad95596d54529f:10.213.1.10,10.213.1.11,10.213.1.12"`,
    )
    expect(text).toContain('no downtime: new beside old, then one switch')
    const [slot] = commandsOf(plan(several('v3', '2'), hostWith(one))).filter((line) =>
      line.startsWith('$ configure_edge'),
    )
    expect(slot).toBe('$ configure_edge nginx && see_edge b-trial nginx')
  })

  test('from turns to slots: the edge is replaced once, and what served is the way back', () => {
    expect(commandsOf(plan(two, hostWith(shopRelease('v1', '1'))))).toMatchInlineSnapshot(`
      [
        "$ stage",
        "way back: $ unstage",
        "$ make_slots 10.213.0.0/24 10.213.1.0/24",
        "$ pull amd64 api=ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222 worker=ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222 nginx=nginx:1.28",
        "$ join_slots db",
        "$ note_served shop-db-1 shop-api-1 shop-worker-1 shop-worker-2 shop-nginx-1 && point_current releases/v1/plain-guard",
        "way back: $ stand_by 60 db api worker nginx && lead_back releases/v1/plain api=d46a468f8933d529/a worker=984bdedd2f7b08ac/a nginx=a58aa1d49c686408/",
        "$ create_new api=d46a468f8933d529:1 worker=984bdedd2f7b08ac:2 nginx=a58aa1d49c686408:1",
        "way back: $ set_aside api=d46a468f8933d529 worker=984bdedd2f7b08ac nginx=a58aa1d49c686408",
        "$ start_and_prove 60 api=d46a468f8933d529",
        "way back: $ stop_new api=d46a468f8933d529",
        "$ stop_old worker=984bdedd2f7b08ac",
        "way back: $ stand_by 60 db worker",
        "$ start_and_prove 60 worker=984bdedd2f7b08ac",
        "way back: $ stop_new worker=984bdedd2f7b08ac",
        "$ stop_old nginx=a58aa1d49c686408",
        "way back: $ stand_by 60 db nginx",
        "$ switch_edge a-trial",
        "$ start_and_prove 60 nginx=a58aa1d49c686408",
        "way back: $ stop_new nginx=a58aa1d49c686408",
        "$ see_edge a-trial nginx",
        "$ are_well api=d46a468f8933d529 worker=984bdedd2f7b08ac nginx=a58aa1d49c686408",
        "$ point_current releases/v2/a",
        "$ switch_edge a && await_engine && see_edge a nginx",
        "$ keep_alive api=d46a468f8933d529:always worker=984bdedd2f7b08ac:no nginx=a58aa1d49c686408:always",
        "$ hold_images ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222=api.v2 ghcr.io/acme/api@sha256:2222222222222222222222222222222222222222222222222222222222222222=worker.v2 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=api.v1 ghcr.io/acme/api@sha256:1111111111111111111111111111111111111111111111111111111111111111=worker.v1",
        "$ remove_old api=d46a468f8933d529 worker=984bdedd2f7b08ac nginx=a58aa1d49c686408",
        "$ stand_by 60 db",
        "$ stop_new nginx=a58aa1d49c686408 && stand_by 60 nginx",
        "$ await_engine && stop_old nginx=a58aa1d49c686408 && keep_alive nginx=a58aa1d49c686408:always",
        "$ keep_alive api=d46a468f8933d529:always && switch_edge a && see_edge a nginx && stop_old api=d46a468f8933d529",
        "$ await_engine && stop_old worker=984bdedd2f7b08ac && keep_alive worker=984bdedd2f7b08ac:no",
        "$ are_well api=d46a468f8933d529 worker=984bdedd2f7b08ac nginx=a58aa1d49c686408",
      ]
    `)
  })

  test('the slot to move to is the one that the edge does not lead to, whatever current says; leftovers go', () => {
    const leftIn = (slot: 'a' | 'b') =>
      containersOfRelease(two, slot).filter(({ labels }) => labels['estiba.slot'] !== undefined)
    const stuck = { ...hostWith(one), edge: { live: 'b' as const, hash: one.slots?.edgeHash ?? '' } }
    const text = plan(two, { ...stuck, containers: [...stuck.containers, ...leftIn('b')] })
    expect(commandsOf(text)).toContain('$ clear_slot a')
    expect(text).toContain('lead the edge to slot a')
  })

  test('what a release has left that was taken back goes when all else is there, and counts as nothing', () => {
    const host = hostWith(one)
    const kept = containersOfRelease(two, 'b')
      .filter(({ labels }) => labels['estiba.slot'] === 'b')
      .map((each) => ({ ...each, status: 'exited', restart: 'no' }))
    const text = plan(two, { ...host, kept })
    expect(text).toContain(
      'remove what a release that was taken back has left of api, worker, because shop-api-1, shop-worker-1, shop-worker-2 were kept, stopped, to be looked at until now (irreversible',
    )
    const without = plan(two, host)
    const more = commandsOf(text).filter((line) => !commandsOf(without).includes(line))
    expect(more).toMatchInlineSnapshot(`
      [
        "$ clear_kept api=d46a468f8933d529/b worker=984bdedd2f7b08ac/b && point_current releases/v1/a",
        "way back: $ lead_back releases/v1/a api=d46a468f8933d529/b worker=984bdedd2f7b08ac/b",
      ]
    `)
    expect(commandsOf(text).indexOf(more[1] ?? '')).toBe(
      commandsOf(text).findIndex((line) => line.includes('note_served')) - 1,
    )
    expect(plan(one, { ...host, kept })).toContain('note: nothing changed: no container that runs is touched')
  })

  test('a container that is gone moves the set', () => {
    const host = hostWith(one)
    const text = plan(one, { ...host, containers: host.containers.filter(({ name }) => !name.includes('api')) })
    expect(text).toContain('api     create   web')
    expect(text).toContain('worker  replace  worker: it moves to the other slot with api')
  })

  test('a container in the wrong slot does not count', () => {
    const host = hostWith(one)
    const api = one.services['api']?.definition ?? ''
    const foreign = container('api', { labels: { 'com.docker.compose.service': 'api', 'estiba.definition': api } })
    const others = host.containers.filter(({ name }) => !name.includes('api'))
    expect(plan(one, { ...host, containers: [...others, foreign] })).toContain('api     replace  web')
  })
})
