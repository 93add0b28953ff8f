import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabHost } from '../lab/lab.ts'
import { must } from '../lab/must.ts'
import type { BusyShop } from './busy-shop.ts'

/** Whether the edge that runs mounts a folder of the team's own in the place of the one that is switched. */
export type Mounting = 'with the mount' | 'without the mount'

/** The busy shop as a team runs it without Estiba: files in a folder of its own on the server, and `docker compose up`. */
export class ByHand {
  readonly folder: string
  readonly #host: LabHost
  readonly #shop: BusyShop

  constructor(host: LabHost, shop: BusyShop) {
    this.#host = host
    this.#shop = shop
    this.folder = `/home/deploy/by-hand-${shop.stack}`
  }

  /** Copies the files there, as they are for that version. */
  async copy(version: string, mounting: Mounting): Promise<void> {
    const { project, files, edge } = this.#shop
    const packed = execFileSync('tar', ['-cz', '-C', project, '.']).toString('base64')
    await must(this.#host, `mkdir -p ${this.folder} && echo ${packed} | base64 -d | tar -xz -C ${this.folder}`)
    await this.#write('.env', `${this.#shop.env(version)}COMPOSE_FILE=${files.join(':')}\n`)
    if (mounting === 'with the mount') return
    const [configuration, services] = edge === 'nginx' ? ['nginx.conf', 'nginx.yml'] : ['Caddyfile', 'caddy.yml']
    const without = async (file: string): Promise<void> =>
      this.#write(file, withoutSwitch(await readFile(join(project, file), 'utf8')))
    await without(configuration)
    await without(services)
  }

  /** Runs Compose there; returns what it printed. */
  compose(args: string): Promise<string> {
    return must(this.#host, `cd ${this.folder} && docker compose --project-name ${this.#shop.stack} ${args} 2>&1`)
  }

  async up(): Promise<void> {
    await this.compose('up --detach --wait --quiet-pull')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.exec(`rm -rf ${this.folder}`)
  }

  async #write(file: string, text: string): Promise<void> {
    await must(this.#host, `echo ${Buffer.from(text).toString('base64')} | base64 -d >${this.folder}/${file}`)
  }
}

/** A file of the edge as it was before anybody knew of slots. */
function withoutSwitch(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/\/estiba(?:\/|:)/.test(line))
    .join('\n')
    .replaceAll('$estiba_web', 'web:3000')
    .replaceAll('$estiba_api', 'api:8000')
    .replaceAll('import estiba_web', 'reverse_proxy web:3000')
    .replaceAll('import estiba_api', 'reverse_proxy api:8000')
}

/** What must be as it was: of each container of these services its id, with which it has its mounts for good, and its start. */
export function identity(host: LabHost, shop: BusyShop, services: readonly string[]): Promise<string> {
  return inspect(host, shop, services, '{{.Id}} {{.State.StartedAt}}')
}

/** Where they are found. */
export function networks(host: LabHost, shop: BusyShop, services: readonly string[]): Promise<string> {
  return inspect(host, shop, services, '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}')
}

function inspect(host: LabHost, { stack }: BusyShop, services: readonly string[], format: string): Promise<string> {
  const of = (service: string): string =>
    `docker ps --quiet --filter label=com.docker.compose.project=${stack} --filter label=com.docker.compose.service=${service}`
  return must(host, services.map((each) => `docker inspect --format '${format}' $(${of(each)})`).join(' && '))
}

/** How many rows the api has written. */
export async function rows(host: LabHost, { stack }: BusyShop): Promise<number> {
  const db = `$(docker ps --quiet --filter label=com.docker.compose.project=${stack} --filter label=com.docker.compose.service=db)`
  return Number(await must(host, `docker exec ${db} psql --username postgres -Atc 'SELECT count(*) FROM visits'`))
}
