import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { baseImageRef } from '../../test/support/lab/images/index.ts'
import type { Lab, LabHost } from '../../test/support/lab/lab.ts'
import { formatEnv } from '../../test/support/shop.ts'
import { overOpenSsh } from './open-ssh.mts'

const files = join(import.meta.dirname, '../../test/fixtures/busy-shop')

export interface HandPlace {
  readonly edge: 'nginx' | 'caddy'
  readonly stack: string
  readonly port: number
}

/** The busy shop as a team has it that deploys by a line of shell over SSH. */
export class ByHand implements AsyncDisposable {
  readonly url: string
  readonly #lab: Lab
  readonly #place: HandPlace

  private constructor(lab: Lab, place: HandPlace) {
    this.#lab = lab
    this.#place = place
    this.url = `${lab.production.url(place.port)}/`
  }

  /** Lays the files out, with the names of the services in nginx's configuration; nothing runs yet. */
  static async create(lab: Lab, place: HandPlace): Promise<ByHand> {
    const shop = new ByHand(lab, place)
    const { stdout } = await promisify(execFile)('tar', ['-cz', '-C', files, '.'], { encoding: 'buffer' })
    await shop.#must(`mkdir -p ${shop.#path} && echo ${stdout.toString('base64')} | base64 -d | tar -xz -C ${shop.#path}
      cd ${shop.#path}
      sed -i '/estiba\\//d; s/\\$estiba_web/web:3000/; s/\\$estiba_api/api:8000/' nginx.conf
      chown -R deploy: .`)
    return shop
  }

  /** Puts the script where the client of `deploy` finds it as `docker rollout`. */
  async bring(script: string): Promise<void> {
    const text = (await readFile(script)).toString('base64')
    await this.#must(`folder=/home/deploy/.docker/cli-plugins; mkdir -p $folder
      echo ${text} | base64 -d >$folder/docker-rollout && chmod 0755 $folder/docker-rollout && chown -R deploy: /home/deploy/.docker`)
  }

  /** Seconds; undefined when it failed. */
  deploy(version: string, command: string): Promise<number | undefined> {
    const { edge, stack, port } = this.#place
    const env = formatEnv({
      NODE_IMAGE: baseImageRef(this.#lab.registry.url, 'node'),
      EDGE_IMAGE: baseImageRef(this.#lab.registry.url, edge),
      COMPOSE_PROJECT_NAME: stack,
      COMPOSE_FILE: `compose.yml:${edge}.yml`,
      PORT: String(port),
      VERSION: version,
      WORLD: 'fine',
    })
    return overOpenSsh(this.#lab, this.#host, `cd ${this.#path} && printf %s '${env}' >.env && ${command}`)
  }

  /** What somebody does by hand when the site stays down. */
  async reload(): Promise<void> {
    await this.#must(`cd ${this.#path} && docker compose restart edge`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const containers = `docker ps --all --quiet --filter label=com.docker.compose.project=${this.#place.stack}`
    await this.#host.exec(`docker rm --force $(${containers}); rm -rf ${this.#path}`)
  }

  get #host(): LabHost {
    return this.#lab.production
  }

  get #path(): string {
    return `/home/deploy/${this.#place.stack}`
  }

  async #must(command: string): Promise<void> {
    const { code, stdout, stderr } = await this.#host.exec(`set -e\n${command}`)
    if (code !== 0) throw new Error(`${command.slice(0, 200)} exited with ${code}: ${stderr || stdout}`)
  }
}
