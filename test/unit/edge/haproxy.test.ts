import { describe, expect, test } from 'vitest'
import { HAPROXY } from '../../../src/edge/haproxy.ts'

const subnets = { a: '10.213.0.0/24', b: '10.213.1.0/24' }
const place = { stack: 'shop', folder: HAPROXY.folder, isShared: false }

/** What it is told of a service with replicas at those addresses: each server under its backend. */
function servers(...hosts: readonly number[]): readonly string[] {
  const { 'haproxy.cfg': text = '' } = HAPROXY.files({ subnets, web: { api: { hosts, port: 80 } } }, place)
  const lines = text.split('\n').filter((line) => /^backend|^ +server|allbackups|balance/.test(line))
  return lines.map((line) => line.trim().replace(/10\.213\.(\d+\.\d+):80/, '$1'))
}

test('the generated files', () => {
  const files = HAPROXY.files({ subnets, web: { 'my-api': { hosts: [10], port: 8000 } } }, place)
  expect(files['haproxy.cfg']).toMatchInlineSnapshot(`
    "# Written by Estiba at a deploy; see docs/recipes.md.

    backend estiba_my-api_a
        mode http
        option http-server-close
        option redispatch 1
        retries 3
        retry-on conn-failure
        server 1 10.213.0.10:8000 no-check

    backend estiba_my-api_a-asked
        mode http
        option http-server-close
        option redispatch 1
        retries 3
        retry-on conn-failure
        http-request return status 200 content-type text/plain lf-string "%[req.hdr(Estiba-Ask)]\\n" if { path /.well-known/estiba }
        server 1 10.213.0.10:8000 no-check

    backend estiba_my-api_a-trial-1
        mode http
        option http-server-close
        option redispatch 1
        retries 3
        retry-on conn-failure
        balance first
        timeout connect 1s
        server new 10.213.0.10:8000 no-check
        server before 10.213.1.10:8000 no-check

    backend estiba_my-api_b
        mode http
        option http-server-close
        option redispatch 1
        retries 3
        retry-on conn-failure
        server 1 10.213.1.10:8000 no-check

    backend estiba_my-api_b-asked
        mode http
        option http-server-close
        option redispatch 1
        retries 3
        retry-on conn-failure
        http-request return status 200 content-type text/plain lf-string "%[req.hdr(Estiba-Ask)]\\n" if { path /.well-known/estiba }
        server 1 10.213.1.10:8000 no-check

    backend estiba_my-api_b-trial-1
        mode http
        option http-server-close
        option redispatch 1
        retries 3
        retry-on conn-failure
        balance first
        timeout connect 1s
        server new 10.213.1.10:8000 no-check
        server before 10.213.0.10:8000 no-check

    frontend estiba
        mode http
        bind 127.0.0.1:9180
        timeout client 5s
        http-request set-log-level silent
        http-request return status 200 content-type text/plain lf-string "%pid\\n" if { path /worker }
        http-request return status 200 content-type text/plain lf-string "%[lua.estiba_state]\\n"
    "
  `)
  expect(files['estiba.lua']).toMatchInlineSnapshot(`
    "-- Written by Estiba at a deploy; see docs/recipes.md.
    local replicas = { ["my-api"] = 1 }
    local known = "a"

    -- Nil where that can't be told.
    local function has(name)
      local file, _, code = io.open("/etc/haproxy/estiba/live/" .. name)
      if file then file:close() end
      if file then return true end
      if code == 2 then return false end
    end

    local function state()
      local b, trial = has("b"), has("trial")
      if b ~= nil and trial ~= nil then known = (b and "b" or "a") .. (trial and "-trial" or "") end
      return known
    end

    core.register_fetches("estiba_state", function() return state() end)

    local function asked(transaction)
      local token = transaction.sf:req_fhdr("Estiba-Ask") or ""
      if not token:find("^%x+$") then return end
      for _, slot in ipairs({ "a", "b" }) do
        local file = io.open("/etc/haproxy/estiba/asked/" .. token .. "." .. slot)
        if file then file:close() return slot end
      end
    end

    core.register_fetches("estiba", function(transaction, service)
      local slot = asked(transaction)
      if slot then return "estiba_" .. service .. "_" .. slot .. "-asked" end
      local now = state()
      if now == "a" or now == "b" then return "estiba_" .. service .. "_" .. now end
      return "estiba_" .. service .. "_" .. now .. "-" .. math.random(replicas[service] or 1)
    end)
    "
  `)
})

test('where services move one after the other: each may be led to slot b by itself, and says so', () => {
  const slots = { subnets, web: { 'my-api': { hosts: [10], port: 8000 }, web: { hosts: [11], port: 3000 } } }
  const [whole, rolling] = [HAPROXY.files(slots, place), HAPROXY.files(slots, { ...place, isRolling: true })]
  const added = (file: string): readonly string[] =>
    (rolling[file] ?? '').split('\n').filter((line) => !(whole[file] ?? '').split('\n').includes(line))
  expect([...added('estiba.lua'), ...added('haproxy.cfg')]).toMatchInlineSnapshot(`
    [
      "local moved = {}",
      "  local b = has("" .. service .. ".b")",
      "  if b ~= nil then moved[service] = b end",
      "  if now == "a" and moved[service] then now = "b" end",
      "    http-request return status 200 content-type text/plain lf-string "%[lua.estiba(my-api)]\\n" if { path /service/my-api }",
      "    http-request return status 200 content-type text/plain lf-string "%[lua.estiba(web)]\\n" if { path /service/web }",
    ]
  `)
})

test('of replicas those that take connections are asked in turn, and where none is known to, any', () => {
  expect(servers(10, 12).slice(0, 7)).toEqual([
    'backend estiba_api_a',
    'balance roundrobin',
    'option allbackups',
    'server 1 0.10 check inter 1s fall 1 rise 1',
    'server 2 0.12 check inter 1s fall 1 rise 1',
    'server 1-unchecked 0.10 no-check backup',
    'server 2-unchecked 0.12 no-check backup',
  ])
})

test('of replicas each has the slot before as its last resort in a trial', () => {
  expect(
    servers(10, 12)
      .filter((line) => !/check inter|unchecked/.test(line))
      .slice(-8),
  ).toEqual([
    'backend estiba_api_b-trial-1',
    'balance first',
    'server new 1.10 no-check',
    'server before 0.10 no-check',
    'backend estiba_api_b-trial-2',
    'balance first',
    'server new 1.12 no-check',
    'server before 0.10 no-check',
  ])
})

const services = ['my-api', 'web']
const good = `global
    lua-load-per-thread /etc/haproxy/estiba/estiba.lua
frontend shop
    bind :80
    use_backend %[lua.estiba(my-api)] if { path_beg /api/ } # not lua.estiba(nobody)
    # chroot /var/lib/haproxy
    use_backend %[lua.estiba(web)]
`

describe('a configuration', () => {
  test('names services by what it asks for', () => {
    expect(HAPROXY.namedServices(good, [...services, 'nobody'])).toEqual(services)
    expect(HAPROXY.problems(good, services)).toEqual([])
  })

  test.each<[string, string, string]>([
    [
      'a name that is none',
      'use_backend %[lua.estiba(my_api)]',
      '`lua.estiba(my_api)` names no service of the compose file; there are: my-api, web',
    ],
    [
      'a name by default',
      'default_backend %[lua.estiba(web)]',
      '`default_backend` takes a fixed name; write `use_backend %[lua.estiba(web)]` as the last of the rules',
    ],
    [
      'a root of its own',
      'chroot /var/lib/haproxy',
      '`chroot` hides the switch from it; leave the line out: its container keeps it apart already',
    ],
  ])('with %s', (_, line, problem) => {
    expect(HAPROXY.problems(`${good}    ${line}\n`, services)).toEqual([problem])
  })

  test('may say what visitors with kept connections need', () => {
    expect(HAPROXY.advice?.(good)).toEqual([
      'when it loads another configuration, a visitor with a kept connection may miss an answer; write `option idle-close-on-response` in defaults',
    ])
    expect(HAPROXY.advice?.(`${good}defaults\n    option idle-close-on-response\n`)).toEqual([])
  })

  test('that does not load the fetch', () => {
    expect(HAPROXY.problems(good.replace(/lua-load.*/, ''), services)).toEqual([
      'it does not load /etc/haproxy/estiba/estiba.lua; write `lua-load-per-thread /etc/haproxy/estiba/estiba.lua` in the global section',
    ])
  })
})

describe('how it is started', () => {
  const own = ['-f', '/usr/local/etc/haproxy/haproxy.cfg']
  const generated = ['-f', '/etc/haproxy/estiba/haproxy.cfg']

  test.each([
    ['with both files', { image: 'haproxy:3.2', command: ['haproxy', ...own, ...generated] }],
    ['by a program of its own', { image: 'acme/edge', entrypoint: ['haproxy', ...own, ...generated] }],
    ["as the team's own image says", { image: 'acme/haproxy@sha256:00' }],
  ])('%s', (_, service) => {
    expect(HAPROXY.problemsIn?.({ name: 'shop', services: { edge: service } }, 'edge', [])).toEqual([])
  })

  test.each([
    ['without the generated one', { image: 'acme/edge', command: ['haproxy', ...own] }],
    ['as the official image says', { image: 'docker.io/library/haproxy:3.2-alpine' }],
  ])('%s', (_, service) => {
    expect(HAPROXY.problemsIn?.({ name: 'shop', services: { edge: service } }, 'edge', [])).toEqual([
      "it is not started with /etc/haproxy/estiba/haproxy.cfg; write `command: ['haproxy', '-f', '/usr/local/etc/haproxy/haproxy.cfg', '-f', '/etc/haproxy/estiba/haproxy.cfg']`",
    ])
  })
})
