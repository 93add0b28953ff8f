import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import type { Host } from './host.ts'

/** The stream of bytes under an SSH connection: a TCP connection, or a channel through a jump host. */
export interface Carrier {
  readonly stream: Duplex
  /** Whether the network let us through at any time. */
  wasOpen(): boolean
  bytesRead(): number
  /** After a goodbye was written: ends it as soon as that is on its way. A jump host ends both connections itself. */
  leave(): void
  /** Ends it at once, with all that carries it. */
  destroy(): void
  /** Resolves when nothing of it is left. */
  readonly closed: Promise<void>
}

/** Opens a TCP connection. */
export function dial({ name, port }: Host): Carrier {
  // ssh2 leaves Nagle's algorithm on, which costs 45 ms a command.
  const socket = connect({ host: name, port, noDelay: true })
  let open = false
  socket.once('connect', () => {
    open = true
  })
  return {
    stream: socket,
    wasOpen: () => open,
    bytesRead: () => socket.bytesRead,
    leave: () => {
      if (socket.writableFinished) socket.destroy()
      else socket.once('finish', () => socket.destroy())
    },
    destroy: () => void socket.destroy(),
    closed: closeOf(socket),
  }
}

/** A channel to a host, through a jump host that serves nothing else and goes with it. */
export function through(jump: Client, below: Carrier, channel: ClientChannel): Carrier {
  let read = 0
  channel.once('close', () => jump.end())
  // Only when it is read anyway: a listener alone would start the flow, and lose the beginning.
  channel.once('resume', () => {
    channel.on('data', (chunk: Buffer) => (read += chunk.length))
  })
  return {
    stream: channel,
    wasOpen: () => true,
    bytesRead: () => read,
    leave: () => undefined,
    destroy: () => {
      channel.destroy()
      below.destroy()
    },
    closed: below.closed,
  }
}

function closeOf(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', () => {
      resolve()
    })
  })
}
