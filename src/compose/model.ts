/**
 * What `docker compose config --format json` prints, as far as Estiba looks into it; everything else is carried along
 * untouched. https://github.com/compose-spec/compose-spec/blob/main/spec.md
 */
export interface ComposeModel {
  readonly name: string
  readonly services: Readonly<Record<string, Service>>
  readonly networks?: Readonly<Record<string, Network | null>>
  readonly volumes?: Readonly<Record<string, { readonly name?: string } | null>>
  readonly configs?: Readonly<Record<string, FileObject>>
  readonly secrets?: Readonly<Record<string, FileObject>>
  readonly [rest: string]: unknown
}

export interface Service {
  readonly image?: string
  readonly build?: unknown
  readonly container_name?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly volumes?: readonly Mount[]
  readonly configs?: readonly { readonly source: string; readonly target?: string }[]
  readonly ports?: readonly unknown[]
  readonly expose?: readonly (string | number)[]
  readonly networks?: Readonly<Record<string, Attachment | null>>
  readonly network_mode?: string
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string }>>
  readonly deploy?: {
    readonly replicas?: number
    readonly restart_policy?: { readonly condition?: string }
    readonly update_config?: UpdateConfig
  }
  readonly scale?: number
  readonly restart?: string
  readonly command?: readonly string[] | null
  readonly entrypoint?: readonly string[] | null
  readonly environment?: Readonly<Record<string, string | number | boolean | null>>
  readonly healthcheck?: { readonly test?: readonly string[]; readonly [rest: string]: unknown }
  readonly stop_grace_period?: string
  readonly [rest: string]: unknown
}

/** https://docs.docker.com/reference/compose-file/deploy/#update_config */
export interface UpdateConfig {
  readonly order?: string
  /** A duration such as `30s`. */
  readonly monitor?: string
  readonly failure_action?: string
  readonly [rest: string]: unknown
}

export interface Mount {
  readonly type: string
  readonly source?: string
  readonly target: string
  readonly read_only?: boolean
  readonly [rest: string]: unknown
}

/** How a service is in one of its networks. */
export interface Attachment {
  readonly aliases?: readonly string[]
  readonly [rest: string]: unknown
}

/** An entry of the top-level `networks`. */
export interface Network {
  readonly external?: boolean
  readonly internal?: boolean
  readonly [rest: string]: unknown
}

/** An entry of the top-level `configs` or `secrets`. */
export interface FileObject {
  readonly file?: string
  readonly [rest: string]: unknown
}

/** How many containers of a service there are to be. */
export function replicas(service: Service): number {
  return service.deploy?.replicas ?? service.scale ?? 1
}

/** The engine's restart policy as `docker update --restart` takes it. */
export function restartPolicy(service: Service): string {
  return service.restart ?? 'no'
}

/** The repository part of an image reference: `ghcr.io/acme/api:1.2@sha256:…` -> `ghcr.io/acme/api`. */
export function repositoryOf(image: string): string {
  const [withoutDigest = ''] = image.split('@')
  return withoutDigest.replace(/:[^:/]*$/, '')
}
