import { describe, expect, test } from 'vitest'
import { CADDY } from '../../../src/edge/caddy.ts'

const place = { stack: 'shop', folder: CADDY.folder, isShared: false }
const subnets = { a: '10.213.0.0/24', b: '10.213.1.0/24' }

test('the generated file', () => {
  const { 'caddy.conf': text } = CADDY.files({ subnets, web: { 'my-api': { hosts: [10], port: 8000 } } }, place)
  expect(text).toMatchInlineSnapshot(`
    "# Written by Estiba at a deploy; see docs/recipes.md.
    (estiba_my_api) {
    	@estiba_my_api_asks-a-at-all {
    		path /.well-known/estiba
    		header_regexp Estiba-Ask ^[0-9a-f]+$
    		file {
    			root /etc/caddy/estiba/asked
    			try_files {http.request.header.Estiba-Ask}.a
    		}
    	}
    	respond @estiba_my_api_asks-a-at-all {http.request.header.Estiba-Ask}
    	@estiba_my_api_asks-a {
    		header_regexp Estiba-Ask ^[0-9a-f]+$
    		file {
    			root /etc/caddy/estiba/asked
    			try_files {http.request.header.Estiba-Ask}.a
    		}
    	}
    	reverse_proxy @estiba_my_api_asks-a 10.213.0.10:8000 {
    		transport http {
    			dial_timeout 2s
    			keepalive 1s
    		}
    	}
    	@estiba_my_api_asks-b-at-all {
    		path /.well-known/estiba
    		header_regexp Estiba-Ask ^[0-9a-f]+$
    		file {
    			root /etc/caddy/estiba/asked
    			try_files {http.request.header.Estiba-Ask}.b
    		}
    	}
    	respond @estiba_my_api_asks-b-at-all {http.request.header.Estiba-Ask}
    	@estiba_my_api_asks-b {
    		header_regexp Estiba-Ask ^[0-9a-f]+$
    		file {
    			root /etc/caddy/estiba/asked
    			try_files {http.request.header.Estiba-Ask}.b
    		}
    	}
    	reverse_proxy @estiba_my_api_asks-b 10.213.1.10:8000 {
    		transport http {
    			dial_timeout 2s
    			keepalive 1s
    		}
    	}
    	@estiba_my_api_b-trial-sends {
    		file {
    			root /etc/caddy/estiba/live
    			try_files b-trial
    		}
    		method POST PUT PATCH DELETE
    	}
    	reverse_proxy @estiba_my_api_b-trial-sends 10.213.1.10:8000 10.213.0.10:8000 {
    		lb_policy first
    		fail_duration 2s
    		transport http {
    			dial_timeout 2s
    			keepalive 1s
    		}
    	}
    	@estiba_my_api_b-trial {
    		file {
    			root /etc/caddy/estiba/live
    			try_files b-trial
    		}
    	}
    	reverse_proxy @estiba_my_api_b-trial 10.213.1.10:8000 10.213.0.10:8000 {
    		lb_policy first
    		fail_duration 2s
    		lb_retries 1
    		lb_retry_match {
    			method NONE
    		}
    		transport http {
    			dial_timeout 2s
    			keepalive 1s
    		}
    	}
    	@estiba_my_api_a-trial-sends {
    		file {
    			root /etc/caddy/estiba/live
    			try_files a-trial
    		}
    		method POST PUT PATCH DELETE
    	}
    	reverse_proxy @estiba_my_api_a-trial-sends 10.213.0.10:8000 10.213.1.10:8000 {
    		lb_policy first
    		fail_duration 2s
    		transport http {
    			dial_timeout 2s
    			keepalive 1s
    		}
    	}
    	@estiba_my_api_a-trial {
    		file {
    			root /etc/caddy/estiba/live
    			try_files a-trial
    		}
    	}
    	reverse_proxy @estiba_my_api_a-trial 10.213.0.10:8000 10.213.1.10:8000 {
    		lb_policy first
    		fail_duration 2s
    		lb_retries 1
    		lb_retry_match {
    			method NONE
    		}
    		transport http {
    			dial_timeout 2s
    			keepalive 1s
    		}
    	}
    	@estiba_my_api_b {
    		file {
    			root /etc/caddy/estiba/live
    			try_files b
    		}
    	}
    	reverse_proxy @estiba_my_api_b 10.213.1.10:8000 {
    		transport http {
    			dial_timeout 2s
    			keepalive 1s
    		}
    	}
    	reverse_proxy 10.213.0.10:8000 {
    		transport http {
    			dial_timeout 2s
    			keepalive 1s
    		}
    	}
    }
    http://shop.estiba:9180 {
    	bind 127.0.0.1
    	route {
    		@estiba_b-trial {
    			file {
    				root /etc/caddy/estiba/live
    				try_files b-trial
    			}
    		}
    		respond @estiba_b-trial b-trial
    		@estiba_a-trial {
    			file {
    				root /etc/caddy/estiba/live
    				try_files a-trial
    			}
    		}
    		respond @estiba_a-trial a-trial
    		@estiba_b {
    			file {
    				root /etc/caddy/estiba/live
    				try_files b
    			}
    		}
    		respond @estiba_b b
    		respond a
    	}
    }
    "
  `)
})

test('where services move one after the other: each may be led to slot b by itself, and says so', () => {
  const slots = { subnets, web: { 'my-api': { hosts: [10], port: 8000 } } }
  const { 'caddy.conf': text = '' } = CADDY.files(slots, { ...place, isRolling: true })
  expect(text.slice(text.indexOf('\t@estiba_my_api_b {'), text.indexOf('\treverse_proxy @estiba_my_api_b ')))
    .toMatchInlineSnapshot(`
    "	@estiba_my_api_b {
    		file {
    			root /etc/caddy/estiba/live
    			try_files b my-api.b
    		}
    	}
    "
  `)
  expect(text.slice(text.indexOf('\troute {'), text.indexOf('\t\t@estiba_b-trial'))).toMatchInlineSnapshot(`
    "	route {
    		@estiba_at_my_api {
    			file {
    				root /etc/caddy/estiba/live
    				try_files my-api.b
    			}
    			path /service/my-api
    		}
    		respond @estiba_at_my_api b
    "
  `)
})

test('of replicas each is asked first by some visitors in a trial, and the slot before is the last resort', () => {
  const { 'caddy.conf': text = '' } = CADDY.files({ subnets, web: { api: { hosts: [10, 12], port: 80 } } }, place)
  const proxies = [...text.matchAll(/reverse_proxy .*/g)].map(([line]) =>
    line.replaceAll(/10\.213\.(\d+\.\d+):80/g, '$1'),
  )
  expect(proxies).toEqual([
    'reverse_proxy @estiba_api_asks-a 0.10 0.12 {',
    'reverse_proxy @estiba_api_asks-b 1.10 1.12 {',
    'reverse_proxy @estiba_api_b-trial-0-sends 1.10 1.12 0.10 0.12 {',
    'reverse_proxy @estiba_api_b-trial-0 1.10 1.12 0.10 0.12 {',
    'reverse_proxy @estiba_api_b-trial-sends 1.12 1.10 0.10 0.12 {',
    'reverse_proxy @estiba_api_b-trial 1.12 1.10 0.10 0.12 {',
    'reverse_proxy @estiba_api_a-trial-0-sends 0.10 0.12 1.10 1.12 {',
    'reverse_proxy @estiba_api_a-trial-0 0.10 0.12 1.10 1.12 {',
    'reverse_proxy @estiba_api_a-trial-sends 0.12 0.10 1.10 1.12 {',
    'reverse_proxy @estiba_api_a-trial 0.12 0.10 1.10 1.12 {',
    'reverse_proxy @estiba_api_b 1.10 1.12 {',
    'reverse_proxy 0.10 0.12 {',
  ])
  expect(text).toContain('expression int({http.request.remote.port})/2%2==0')
})

const services = ['my-api', 'web']
const good = `{
	email ops@example.com
}
import /etc/caddy/estiba/caddy.conf
example.com {
	handle_path /api/* {
		import estiba_my_api
	}
	import estiba_web # estiba_nobody
	# import estiba_nobody
}`

describe('a Caddyfile', () => {
  test('names services by what it imports', () => {
    expect(CADDY.namedServices(good, [...services, 'nobody'])).toEqual(services)
    expect(CADDY.problems(good, services)).toEqual([])
  })

  test('imports the whole folder', () => {
    expect(CADDY.problems(good.replace('caddy.conf', '*.conf'), services)).toEqual([])
  })

  test.each<[string, string, string]>([
    [
      'a path',
      'import estiba_web /api/*',
      '`import estiba_web /api/*`: it takes no path; write `handle /api/* { import estiba_web }`',
    ],
    [
      'a name that is none',
      'import estiba_my-api',
      '`import estiba_my-api` names no service of the compose file; there are: my-api, web',
    ],
    [
      'no way to load another one',
      'admin off',
      '`admin off` keeps it from loading a new configuration; write `admin localhost:2019`, which only its container reaches',
    ],
  ])('with %s', (_, line, problem) => {
    expect(CADDY.problems(`${good}\n${line}`, services)).toEqual([problem])
  })

  test('in one line', () => {
    expect(CADDY.problems(good.replace('import estiba_web', 'handle /x { import estiba_web }'), services)).toEqual([])
  })

  test('that does not import the file, or imports what is no service', () => {
    expect(CADDY.problems('example.com {\n\timport estiba_wbe\n}', services)).toEqual([
      'it does not import /etc/caddy/estiba/caddy.conf; write `import /etc/caddy/estiba/caddy.conf` above the sites, below the global options',
      '`import estiba_wbe` names no service of the compose file; there are: my-api, web',
    ])
  })
})
