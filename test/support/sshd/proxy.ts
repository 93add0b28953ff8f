import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'

/** A TCP proxy on the loopback whose links can be broken in the ways that networks break them. */
export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** Ends all links as a host does that shuts down: FIN in both directions. */
  cut(): void
  /** Ends all links as a firewall does that forgot them: RST in both directions. */
  reset(): void
  /** Swallows everything from now on, in both directions, on old links and new ones; nobody is told. */
  blackHole(): void
  /** Ends a black hole for new links; those that were in it stay there. */
  heal(): void
  /** Lets each piece of data wait for so long in each direction. */
  delay(milliseconds: number): void
  /** Keeps what the server sends for so long and passes it on in one piece. */
  gather(milliseconds: number): void
  /** Bytes a second from client to server; what is beyond waits. */
  throttle(bytesPerSecond: number): void
  /** How many links were made so far. */
  links(): number
}

/** A socket that is written to in one piece what comes within some milliseconds. */
function corked(socket: Socket, milliseconds: () => number): Socket {
  const write = socket.write.bind(socket)
  let held: Buffer[] = []
  const flush = (): void => {
    write(Buffer.concat(held))
    held = []
  }
  return Object.assign(socket, {
    write: (data: Buffer) => {
      if (milliseconds() === 0) return write(data)
      if (held.push(data) === 1) setTimeout(flush, milliseconds())
      return true
    },
  })
}

export async function startProxy(target: { readonly name: string; readonly port: number }): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const state = { swallow: false, delay: 0, gather: 0, rate: Number.POSITIVE_INFINITY, links: 0, lost: 0 }

  const forward = (from: Socket, to: Socket, link: number, rate: () => number): void => {
    const isSwallowed = (): boolean => state.swallow || link <= state.lost
    from.on('data', (data: Buffer) => {
      if (isSwallowed()) return
      const wait = Math.max(state.delay, (data.length / rate()) * 1000)
      if (wait < 1) {
        to.write(data)
        return
      }
      // Slow links push back: nothing more is taken until this piece is through.
      if (rate() < Number.POSITIVE_INFINITY) from.pause()
      setTimeout(() => {
        from.resume()
        if (!isSwallowed() && to.writable) to.write(data)
      }, wait)
    })
    from.on('end', () => {
      if (!isSwallowed()) setTimeout(() => to.end(), state.delay)
    })
    from.on('error', () => to.destroy())
    from.on('close', () => sockets.delete(from))
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const link = ++state.links
    const upstream = connect({ host: target.name, port: target.port, allowHalfOpen: true })
    for (const socket of [client, upstream]) sockets.add(socket.setNoDelay(true))
    forward(client, upstream, link, () => state.rate)
    forward(
      upstream,
      corked(client, () => state.gather),
      link,
      () => Number.POSITIVE_INFINITY,
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      for (const socket of sockets) socket.end()
    },
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    blackHole: () => {
      state.swallow = true
    },
    heal: () => {
      state.swallow = false
      state.lost = state.links
    },
    gather: (milliseconds) => {
      state.gather = milliseconds
    },
    delay: (milliseconds) => {
      state.delay = milliseconds
    },
    throttle: (bytesPerSecond) => {
      state.rate = bytesPerSecond
    },
    links: () => state.links,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
