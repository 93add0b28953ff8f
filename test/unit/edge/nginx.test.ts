import { describe, expect, test } from 'vitest'
import { NGINX } from '../../../src/edge/nginx.ts'

const place = { stack: 'shop', folder: NGINX.folder, isShared: false }
const services = ['my-api', 'web']
const good = `
include /etc/nginx/estiba/nginx.conf;
server {
  include /etc/nginx/estiba/server.conf;
  location / { proxy_pass http://$estiba_web; } # http://$estiba_nobody
  location /api/ { rewrite ^/api(/.*)$ $1 break; proxy_pass http://\${estiba_my_api}; }
}`

test('the generated files', () => {
  const { 'nginx.conf': http, 'server.conf': server } = NGINX.files(
    {
      subnets: { a: '10.213.0.0/24', b: '10.213.1.0/24' },
      web: { 'my-api': { hosts: [10], port: 8000 } },
    },
    place,
  )
  expect(http).toMatchInlineSnapshot(`
    "# Written by Estiba at a deploy; see docs/recipes.md.
    upstream estiba_my_api_a { server 10.213.0.10:8000; keepalive_timeout 1s; }
    upstream estiba_my_api_a-trial { server 10.213.0.10:8000 max_fails=1 fail_timeout=2s; server 10.213.1.10:8000 max_fails=0 backup; keepalive_timeout 1s; }
    upstream estiba_my_api_b { server 10.213.1.10:8000; keepalive_timeout 1s; }
    upstream estiba_my_api_b-trial { server 10.213.1.10:8000 max_fails=1 fail_timeout=2s; server 10.213.0.10:8000 max_fails=0 backup; keepalive_timeout 1s; }
    server { listen 127.0.0.1:9180; server_name shop.estiba; access_log off; include /etc/nginx/estiba/server.conf; location / { default_type text/plain; return 200 "$estiba_slot\\n"; } }
    "
  `)
  expect(server).toMatchInlineSnapshot(`
    "# Written by Estiba at a deploy; see docs/recipes.md.
    set $estiba_slot a;
    if (-f /etc/nginx/estiba/live/b) { set $estiba_slot b; }
    if (-f /etc/nginx/estiba/live/trial) { set $estiba_slot $estiba_slot-trial; }
    set $asks_estiba none;
    if ($http_estiba_ask ~ "^[0-9a-f]+$") { set $asks_estiba $http_estiba_ask; }
    set $asked_of_estiba "";
    if (-f /etc/nginx/estiba/asked/$asks_estiba.a) { set $estiba_slot a; set $asked_of_estiba $uri; }
    if (-f /etc/nginx/estiba/asked/$asks_estiba.b) { set $estiba_slot b; set $asked_of_estiba $uri; }
    if ($asked_of_estiba = /.well-known/estiba) { return 200 "$asks_estiba\\n"; }
    set $estiba_my_api estiba_my_api_$estiba_slot;
    "
  `)
})

test('each replica is a server, and in a trial each of the other slot is a last resort', () => {
  const { 'nginx.conf': http } = NGINX.files(
    {
      subnets: { a: '10.213.0.0/24', b: '10.213.1.0/24' },
      web: { api: { hosts: [10, 12], port: 8000 } },
    },
    place,
  )
  expect(http).toContain(
    'upstream estiba_api_a { server 10.213.0.10:8000; server 10.213.0.12:8000; keepalive_timeout 1s; }',
  )
  expect(http).toContain(
    'upstream estiba_api_b-trial { server 10.213.1.10:8000 max_fails=1 fail_timeout=2s; server 10.213.1.12:8000 max_fails=1 ' +
      'fail_timeout=2s; server 10.213.0.10:8000 max_fails=0 backup; server 10.213.0.12:8000 max_fails=0 backup; keepalive_timeout 1s; }',
  )
})

test('where services move one after the other: each may be led to slot b by itself, and says so', () => {
  const slots = {
    subnets: { a: '10.213.0.0/24', b: '10.213.1.0/24' },
    web: { 'my-api': { hosts: [10], port: 8000 }, web: { hosts: [11], port: 3000 } },
  }
  const [whole, rolling] = [NGINX.files(slots, place), NGINX.files(slots, { ...place, isRolling: true })]
  const added = (file: string): readonly string[] =>
    (rolling[file] ?? '').split('\n').filter((line) => !(whole[file] ?? '').split('\n').includes(line))
  expect([...added('server.conf'), ...added('nginx.conf')]).toMatchInlineSnapshot(`
    [
      "if (-f /etc/nginx/estiba/live/my-api.b) { set $estiba_my_api estiba_my_api_b; }",
      "if (-f /etc/nginx/estiba/live/web.b) { set $estiba_web estiba_web_b; }",
      "server { listen 127.0.0.1:9180; server_name shop.estiba; access_log off; include /etc/nginx/estiba/server.conf; location = /service/my-api { return 200 "$estiba_my_api\\n"; } location = /service/web { return 200 "$estiba_web\\n"; } location / { default_type text/plain; return 200 "$estiba_slot\\n"; } }",
    ]
  `)
})

test('for a server that has other stacks, too: nothing that holds in all of nginx has the same name', () => {
  const files = (stack: string): string => {
    const where = { stack, folder: `/srv/${stack}/edge`, isShared: true }
    const { 'nginx.conf': http, 'server.conf': server } = NGINX.files(
      { subnets: { a: '10.213.0.0/24', b: '10.213.1.0/24' }, web: { web: { hosts: [10], port: 80 } } },
      where,
    )
    return `${http}${server}`
  }
  const named = (text: string): readonly string[] =>
    [...text.matchAll(/(?:upstream|server_name) ([^ ;]+)/g)].map(([, name = '']) => name)
  expect(named(files('shop'))).toMatchInlineSnapshot(`
    [
      "estiba_shop_web_a",
      "estiba_shop_web_a-trial",
      "estiba_shop_web_b",
      "estiba_shop_web_b-trial",
      "shop.estiba",
    ]
  `)
  expect(named(files('shop')).filter((name) => named(files('shop-staging')).includes(name))).toEqual([])
  expect(files('shop')).toContain('if (-f /srv/shop/edge/live/b)')
  expect(files('shop')).toContain('set $estiba_web estiba_shop_web_$estiba_slot;')
})

describe('a configuration of a team', () => {
  test('without what WebSockets need is fine, and told', () => {
    expect(NGINX.advice?.(good)).toEqual([
      expect.stringContaining('write `proxy_http_version 1.1; proxy_set_header Upgrade'),
    ])
    expect(NGINX.advice?.(`${good} proxy_set_header upgrade $http_upgrade;`)).toEqual([])
    expect(NGINX.advice?.(`${good} # proxy_set_header Upgrade $http_upgrade;`)).toHaveLength(1)
  })

  test('that is fine', () => {
    expect(NGINX.problems(good, services)).toEqual([])
    expect(NGINX.namedServices(good, [...services, 'worker'])).toEqual(services)
  })

  test.each([
    [
      'without the includes',
      'server { proxy_pass http://$estiba_web; }',
      [
        'it does not include /etc/nginx/estiba/nginx.conf; write `include /etc/nginx/estiba/nginx.conf;` outside of every server block',
        'it does not include /etc/nginx/estiba/server.conf; write `include /etc/nginx/estiba/server.conf;` in each server block',
      ],
    ],
    [
      'with a path behind the variable',
      good.replace('$estiba_web;', '$estiba_web/;'),
      [
        '`proxy_pass http://$estiba_web/`: with a variable nginx sends "/" in place of every path; write ' +
          '`proxy_pass http://$estiba_web;` and cut a prefix off with `rewrite ^/prefix(/.*)$ $1 break;`',
      ],
    ],
    [
      'with a port behind the variable',
      good.replace('$estiba_web;', '$estiba_web:3000;'),
      [
        '`proxy_pass http://$estiba_web:3000`: the port is part of the variable; write `proxy_pass http://$estiba_web;`',
      ],
    ],
    [
      'with a service that is none',
      good.replace('$estiba_web;', '$estiba_wep;'),
      ['$estiba_wep is no service of the compose file; there are: my-api, web'],
    ],
    [
      'with a cache of open files',
      `open_file_cache max=10;${good}`,
      [
        '`open_file_cache` hides the switch for as long as it remembers; write `open_file_cache off;` in the server block',
      ],
    ],
  ])('%s', (_, text, problems) => {
    expect(NGINX.problems(text, services)).toEqual(problems)
  })

  test('a cache that is off, and includes by a pattern', () => {
    expect(NGINX.problems(`open_file_cache off;${good.replaceAll(/(nginx|server)\.conf;/g, '*;')}`, services)).toEqual(
      [],
    )
  })
})
