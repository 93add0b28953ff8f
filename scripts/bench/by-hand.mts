import { readFile } from 'node:fs/promises'
import { BUSY_SHOP, type OwnEdge, type Place as AnyPlace } from '../../test/support/busy/busy-shop.ts'
import { baseImageRef } from '../../test/support/lab/images/index.ts'
import type { Lab, LabHost } from '../../test/support/lab/lab.ts'
import { must } from '../../test/support/lab/must.ts'
import { formatEnv } from '../../test/support/shop.ts'
import { layOut } from './lay-out.mts'
import { overOpenSsh } from './open-ssh.mts'

type Place = AnyPlace & { readonly edge: OwnEdge }

/** The busy shop as a team has it that deploys by a line of shell over SSH. */
export class ByHand implements AsyncDisposable {
  readonly url: string
  readonly #lab: Lab
  readonly #place: Place

  private constructor(lab: Lab, place: Place) {
    this.#lab = lab
    this.#place = place
    this.url = `${lab.production.url(place.port)}/`
  }

  /** Lays the files out, with the names of the services in nginx's configuration; nothing runs yet. */
  static async create(lab: Lab, place: Place): Promise<ByHand> {
    const shop = new ByHand(lab, place)
    await layOut(lab.production, BUSY_SHOP, shop.#path)
    const names = '/estiba\\//d; s/\\$estiba_web/web:3000/; s/\\$estiba_api/api:8000/'
    await must(lab.production, `sed -i '${names}' ${shop.#path}/nginx.conf`)
    return shop
  }

  /** Puts the script where the client of `deploy` finds it as `docker rollout`. */
  async bring(script: string): Promise<void> {
    const text = (await readFile(script)).toString('base64')
    await must(
      this.#host,
      `folder=/home/deploy/.docker/cli-plugins; mkdir -p $folder
      echo ${text} | base64 -d >$folder/docker-rollout && chmod 0755 $folder/docker-rollout && chown -R deploy: /home/deploy/.docker`,
    )
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
    await must(this.#host, `cd ${this.#path} && docker compose restart edge`)
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
}
