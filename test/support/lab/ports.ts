import { createServer } from 'node:net'

/** What a host publishes to the outside, besides SSH. */
export const servicePorts = [80, 8080, 8081, 8082, 8083, 8084, 8085, 8086, 8087, 8088, 8089] as const

const BLOCK = 32
// Below the range that Linux hands to outgoing connections (32768 on): the ports stay free while a host is cut off.
const FIRST = 20_000
const LAST = 32_000

export interface HostPorts {
  readonly ssh: number
  /** Port inside the host -> port on the loopback address of the runner's machine. */
  readonly services: Readonly<Record<number, number>>
}

export interface LabPorts {
  readonly registry: number
  readonly staging: HostPorts
  readonly production: HostPorts
}

/** The ports of one lab: a block of its own, so that a lab is one number. */
export function layOutPorts(start: number): LabPorts {
  const host = (first: number): HostPorts => ({
    ssh: first,
    services: Object.fromEntries(servicePorts.map((port, index) => [port, first + 1 + index])),
  })
  return { registry: start, staging: host(start + 1), production: host(start + 2 + servicePorts.length) }
}

export function allPorts({ registry, staging, production }: LabPorts): readonly number[] {
  const of = ({ ssh, services }: HostPorts) => [ssh, ...Object.values(services)]
  return [registry, ...of(staging), ...of(production)]
}

/** A block of ports in which nothing listens now. Another lab may still win it: the engine then refuses, and we try again. */
export async function findPorts(): Promise<LabPorts> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const block = Math.floor(Math.random() * ((LAST - FIRST) / BLOCK))
    const ports = layOutPorts(FIRST + block * BLOCK)
    const free = await Promise.all(allPorts(ports).map(isFree))
    if (free.every(Boolean)) return ports
  }
  throw new Error(`No block of ${BLOCK} free ports between ${FIRST} and ${LAST} on 127.0.0.1.`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}
