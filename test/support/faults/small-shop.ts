import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { baseImageRef } from '../lab/images/index.ts'
import { formatEnv } from '../shop.ts'

/** What the new release does: `dies in trial` ends at the first check from outside, and every time it is started again. */
export const WORLDS = ['fine', 'never healthy', 'dies in trial'] as const
export type World = (typeof WORLDS)[number]

/**
 * The files of a team whose stack is as small as can be with one of each: nginx with Estiba's includes, a web service, a
 * scheduler, a store. Nothing is built: version and world are variables, the programs are shipped as files.
 */
export class SmallShop implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async create(registry: string, port: number): Promise<SmallShop> {
    const path = await mkdtemp(join(tmpdir(), 'estiba-faults-'))
    await Promise.all(['app', 'edge'].map((folder) => mkdir(join(path, folder))))
    const files = {
      'compose.yml': compose(registry, port),
      'nginx.conf': NGINX,
      'edge/nginx.conf': 'resolver 127.0.0.11 valid=1s ipv6=off;\n',
      'edge/server.conf': 'set $estiba_web web:3000;\n',
      'app/web.js': WEB,
      'app/scheduler.js': SCHEDULER,
    }
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(path, name), text)))
    return new SmallShop(path)
  }

  env(version: string, world: World): string {
    return formatEnv({ VERSION: version, WORLD: world })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

function compose(registry: string, port: number): string {
  const node = baseImageRef(registry, 'node')
  return `x-pace: &pace
  interval: 1s
  timeout: 5s
  retries: 5

x-app: &app
  image: ${node}
  init: true
  environment:
    VERSION: \${VERSION}
    WORLD: \${WORLD}
  stop_grace_period: 1s

services:
  edge:
    image: ${baseImageRef(registry, 'nginx')}
    ports: ['${port}:80']
    volumes:
      - ./nginx.conf:/etc/nginx/conf.d/default.conf:ro
      - ./edge:/etc/nginx/estiba:ro
    restart: always
    stop_grace_period: 1s
    healthcheck:
      <<: *pace
      test: ['CMD', 'bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/80']

  web:
    <<: *app
    command: ['node', '/app/web.js']
    volumes: ['./app:/app:ro']
    expose: ['3000']
    restart: always
    healthcheck:
      <<: *pace
      test:
        - CMD
        - bash
        - -c
        - exec 3<>/dev/tcp/127.0.0.1/3000 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '200 OK' <&3

  # An engine that is killed leaves \`unless-stopped\` containers down.
  scheduler:
    <<: *app
    command: ['node', '/app/scheduler.js']
    volumes:
      - ./app:/app:ro
      - ./beats:/beats
    restart: unless-stopped
    healthcheck:
      <<: *pace
      test: ['CMD', 'test', '-s', '/beats/log']

  store:
    image: ${baseImageRef(registry, 'redis')}
    command: ['redis-server', '--appendonly', 'yes']
    volumes: ['./data:/data']
    restart: unless-stopped
    stop_grace_period: 1s
    healthcheck:
      <<: *pace
      test: ['CMD', 'redis-cli', 'ping']
`
}

const NGINX = `include /etc/nginx/estiba/nginx.conf;

server {
    listen 80;
    include /etc/nginx/estiba/server.conf;
    proxy_connect_timeout 1s;

    location / {
        proxy_pass http://$estiba_web;
    }
}
`

const WEB = `const { createServer } = require('node:http')
const { VERSION, WORLD } = process.env
const server = createServer(({ url, headers }, response) => {
  // Not yet, where it is asked before the switch.
  if (url === '/trial' && WORLD === 'dies in trial' && headers['estiba-ask'] === undefined) process.exit(1)
  response.statusCode = url === '/healthz' && WORLD === 'never healthy' ? 503 : 200
  response.setHeader('X-Version', VERSION)
  response.end(VERSION + '\\n')
})
server.listen(3000)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`

/** Each process that runs leaves its own mark five times a second: two that ran at once are seen afterwards. */
const SCHEDULER = `const { appendFileSync } = require('node:fs')
const me = process.env.HOSTNAME + '-' + Date.now()
const beat = () => appendFileSync('/beats/log', [me, Date.now()].join(' ') + '\\n')
beat()
setInterval(beat, 200)
process.on('SIGTERM', () => process.exit(0))
`
