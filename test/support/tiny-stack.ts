import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { baseImageRef } from './lab/images/index.ts'

export interface TinyWishes {
  /** `127.0.0.1:PORT` of a lab. */
  readonly registry: string
  /** Without tag; its tags are the versions. */
  readonly repository: string
  /** Of the host, for the edge. */
  readonly port: number
  /** How many web services there are. */
  readonly webs: number
  /** Of the health checks: `10s`. */
  readonly interval: string
}

/** What the web services listen on. */
export const TINY_PORT = 3000

/** A server takes requests so long after its process began, in milliseconds; with the start of Node about half a second. */
const BOOT = 400

/**
 * The files of a stack as small as can be: nginx with Estiba's includes, and some web services of one image, whose version
 * is a variable. The same files serve for a plain `docker compose up`.
 */
export class TinyStack implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async create(wishes: TinyWishes): Promise<TinyStack> {
    const path = await mkdtemp(join(tmpdir(), 'estiba-tiny-'))
    const names = webNames(wishes.webs)
    await mkdir(join(path, 'edge'))
    const files = {
      'compose.yml': compose(wishes, names),
      'nginx.conf': nginx(names),
      'edge/nginx.conf': 'resolver 127.0.0.11 valid=1s ipv6=off;\n',
      'edge/server.conf': names.map((name) => `set $estiba_${name} ${name}:${TINY_PORT};\n`).join(''),
    }
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(path, name), text)))
    return new TinyStack(path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

/** The Dockerfile of one version: a layer of its own on top, so that every deploy really pulls. */
export function tinyDockerfile(registry: string): string {
  return `FROM ${baseImageRef(registry, 'node')}
ARG VERSION
ENV VERSION=$VERSION
RUN head -c 2000000 /dev/urandom >/layer
COPY web.js /web.js
EXPOSE ${TINY_PORT}
CMD ["node", "/web.js"]
`
}

/** Answers every path with its version. */
export const TINY_SERVER = `const { createServer } = require('node:http')
const { VERSION } = process.env
const server = createServer((request, response) => {
  response.setHeader('X-Version', VERSION)
  response.end(VERSION + '\\n')
})
setTimeout(() => server.listen(${TINY_PORT}), ${BOOT})
process.on('SIGTERM', () => process.exit(0))
`

function webNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? 'web' : `web${index + 1}`))
}

function compose({ registry, repository, port, interval }: TinyWishes, names: readonly string[]): string {
  return `x-pace: &pace
  interval: ${interval}
  timeout: 5s
  retries: 5

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
${names.map((name) => web(name, repository)).join('')}`
}

function web(name: string, repository: string): string {
  return `
  ${name}:
    image: ${repository}:\${VERSION}
    init: true
    expose: ['${TINY_PORT}']
    restart: always
    stop_grace_period: 1s
    healthcheck:
      <<: *pace
      test: ['CMD', 'bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/${TINY_PORT}']
`
}

function nginx(names: readonly string[]): string {
  return `include /etc/nginx/estiba/nginx.conf;

server {
    listen 80;
    include /etc/nginx/estiba/server.conf;
    proxy_connect_timeout 1s;
${names
  .map(
    (name) => `
    location ${name === 'web' ? '/' : `/${name}`} {
        proxy_pass http://$estiba_${name};
    }
`,
  )
  .join('')}}
`
}
