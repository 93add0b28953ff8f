import type { ComposeModel } from '../../src/compose/model.ts'
import { adviceOn, type Configurations, proxyOf } from '../../src/edge/edge.ts'
import { ownFiles } from '../../src/edge/own.ts'
import { slotSubnets } from '../../src/edge/subnets.ts'
import { kindOf } from '../../src/compose/kinds.ts'
import { renderCompose } from '../../src/compose/render.ts'
import { readShipments } from '../../src/compose/shipments.ts'
import { checkoutSources, placeSources, type Shipment } from '../../src/compose/sources.ts'
import type { JobContext } from '../../src/runner/job.ts'
import { releaseId } from '../../src/release/manifest.ts'
import { loadingEdges, makeRelease, pinImages, type Release } from '../../src/release/release.ts'
import { liveRelease, type Observation, runningMounts } from '../../src/stack/observation.ts'
import type { DeployInputs } from './inputs.ts'

export interface BuiltRelease {
  readonly release: Release
  readonly shipments: readonly Shipment[]
  /** On the configuration of its edges, for the reader of the plan. */
  readonly advice: readonly string[]
}

/** The compose files as one model with the built digests in it; needs no host. */
export async function resolveModel(deploy: DeployInputs): Promise<ComposeModel> {
  const project = {
    name: deploy.stack.name,
    directory: deploy.projectDirectory,
    files: deploy.composeFiles,
    env: deploy.env,
  }
  const isLimited = deploy.services.length > 0
  return pinImages(await renderCompose(project), deploy.images, isLimited ? deploy.services : undefined)
}

/** A release for one host: paths are the host's, data stays where the running containers have it. */
export async function buildRelease(
  model: ComposeModel,
  deploy: DeployInputs,
  observation: Observation,
  { version, at }: { readonly version: string; readonly at: Date },
  { sha, workspace }: Pick<JobContext, 'sha' | 'workspace'>,
): Promise<BuiltRelease> {
  const shipments = await readShipments(checkoutSources(model, deploy.projectDirectory))
  const edgeConfigurations = configurationsOf(model, shipments)
  const switched = loadingEdges(model, edgeConfigurations)
  const placed = placeSources(model, {
    switched,
    checkout: workspace,
    projectDirectory: deploy.projectDirectory,
    stack: deploy.stack.path,
    shipments,
    running: runningMounts(observation),
    isData: (name) => {
      const kind = kindOf(name, model.services)
      return typeof kind !== 'string' && kind.kind === 'data'
    },
  })
  const release = makeRelease(
    placed,
    { id: releaseId(version, at), version, commit: sha },
    {
      stack: deploy.stack,
      edgeConfigurations,
      edgeOwn: ownFiles(model, switched, shipments),
      subnets: slotSubnets(
        deploy.stack.name,
        observation.networks,
        observation.routes,
        liveRelease(observation)?.slots?.subnets,
      ),
      slotsBefore: observation.releases.flatMap(({ slots }) => slots ?? []),
    },
  )
  const text = JSON.stringify(placed)
  return {
    release,
    shipments: [...shipments.values()].filter(({ sha256 }) => text.includes(sha256)),
    advice: adviceOn(model, edgeConfigurations),
  }
}

/** The text of what the repository mounts into each of its edges. */
function configurationsOf({ services }: ComposeModel, shipments: ReadonlyMap<string, Shipment>): Configurations {
  const edges = Object.entries(services).filter(([, service]) => proxyOf(service) !== undefined)
  return Object.fromEntries(
    edges.map(([name, { volumes = [] }]) => {
      const files = volumes.flatMap(({ source = '' }) => shipments.get(source)?.files ?? [])
      return [name, files.map(({ content }) => Buffer.from(content).toString('utf8')).join('\n')]
    }),
  )
}
