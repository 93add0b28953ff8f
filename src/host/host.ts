/** A server reached over SSH. */
export interface Host {
  readonly user: string
  readonly name: string
  readonly port: number
}

const HOST = /^(?<user>[\w.-]+)@(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[\w.-]+))(?::(?<port>\d{1,5}))?$/

/** Parses `user@host[:port]`, IPv6 addresses in brackets. Returns the problem as a string when it can't. */
export function parseHost(text: string): Host | string {
  const { user, name, v6, port = '22' } = HOST.exec(text.trim())?.groups ?? {}
  const host = v6 ?? name
  if (user === undefined || host === undefined) return `write user@host or user@host:port, not "${text}"`
  if (Number(port) < 1 || Number(port) > 65_535) return `port ${port} is not between 1 and 65535`
  return { user, name: host, port: Number(port) }
}

export function formatHost({ user, name, port }: Host): string {
  const host = name.includes(':') ? `[${name}]` : name
  return port === 22 ? `${user}@${host}` : `${user}@${host}:${port}`
}
