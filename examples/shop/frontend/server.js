import { createServer } from 'node:http'

import { errorIsDue, isHealthy, start } from './fault.js'
import { log } from './log.js'
import { renderClosed, renderShop } from './page.js'

const api = process.env.API_URL ?? 'http://api:8000'
const port = Number(process.env.PORT ?? 3000)
const version = process.env.APP_VERSION ?? 'dev'
let stopping = false

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, type = 'text/html; charset=utf-8', body }) => {
      log.debug(`${request.method} ${request.url} ${status}`)
      response.writeHead(status, {
        'content-type': type,
        'x-version': version,
        ...(stopping && { connection: 'close' }),
      })
      response.end(body)
    },
    (error) => {
      log.error(error.stack)
      response.writeHead(500, { 'x-version': version }).end()
    },
  )
})

async function answer({ url }) {
  const { pathname } = new URL(url, 'http://frontend')
  if (pathname === '/healthz') return isHealthy() ? plain(200, 'ok') : plain(503, 'not healthy')
  if (pathname !== '/') return plain(404, 'not found')
  if (errorIsDue()) return plain(500, 'a rehearsed error')
  return shop()
}

/** The page, or what the shop looks like from outside while the api is away. */
async function shop() {
  try {
    const response = await fetch(`${api}/products`, { signal: AbortSignal.timeout(5000) })
    if (!response.ok) throw new Error(`the api answered ${response.status}`)
    const { products, version: apiVersion } = await response.json()
    return { status: 200, body: renderShop({ products, frontend: version, api: apiVersion }) }
  } catch (error) {
    log.error(`No products: ${error.message}${error.cause ? ` (${error.cause.message})` : ''}`)
    return { status: 502, body: renderClosed({ frontend: version }) }
  }
}

function plain(status, text) {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` }
}

// Requests under way get their answer, which also closes their connection; then there is nothing left to do.
process.on('SIGTERM', () => {
  stopping = true
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})

await start()
server.listen(port, () => log.info(`Frontend ${version} listens on ${server.address().port}.`))
