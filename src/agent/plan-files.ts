import { createHash } from 'node:crypto'
import { formatModel } from '../compose/render.ts'
import type { ComposeModel } from '../compose/model.ts'
import type { Shipment } from '../compose/sources.ts'
import { type Digests, formatFields, type LedgerFields } from '../ledger/ledger.ts'
import type { Plan, Step } from '../plan/plan.ts'
import { HOST, isOutside } from '../edge/outside.ts'
import { isReplaced } from '../compose/kinds.ts'
import { imageDigests, type Manifest } from '../release/manifest.ts'
import type { Release } from '../release/release.ts'
import type { Stack } from '../stack/stack.ts'
import type { PackedFile } from './package.ts'
import { agentProgram, effectsProgram, reviveProgram } from './programs.ts'
import { formatLimits, formatRecovery, formatVerbs, PHASES } from './protocol.ts'

/** The agent's file name: versions live side by side, and a transaction keeps the one that it began with. */
export const agentName = `agent-${createHash('sha256').update(agentProgram).digest('hex').slice(0, 16)}`

export interface Opening {
  readonly stack: Stack
  readonly plan: Plan
  readonly releaseId: string
  readonly nonce: string
  /** Seconds of silence after which the agent goes back by itself. */
  readonly lease: number
  /** Seconds to wait for another transaction of the same stack. */
  readonly lockTimeout: number
  /** Length of the ledger that the plan was made on. */
  readonly head: number
  /** The owner's first words, which the agent hears as soon as it is prepared, one after the other. */
  readonly goesOn?: readonly ('advance prove' | 'advance switch')[]
  readonly ledger: LedgerFields
  /** What is staged; a rollback stages nothing. */
  readonly release?: Release
  readonly shipments: readonly Shipment[]
  /** A Docker client's config.json with the registry login, for the length of the pull. */
  readonly dockerConfig?: string
}

/** Everything that the agent needs to carry a transaction through on its own. */
export function openingFiles(opening: Opening): readonly PackedFile[] {
  const { plan, stack, release, dockerConfig } = opening
  return [
    { name: 'agent.sh', content: agentProgram },
    { name: 'plan/agent', content: `${agentName}\n` },
    { name: 'plan/nonce', content: `${opening.nonce}\n` },
    { name: 'plan/lease', content: `${opening.lease}\n` },
    { name: 'plan/lock-timeout', content: `${opening.lockTimeout}\n` },
    { name: 'plan/head', content: `${opening.head}\n` },
    {
      name: 'plan/ledger',
      content: `${formatFields({ ...opening.ledger, digests: opening.ledger.digests ?? digestsOf(release) })}\n`,
    },
    ...(opening.goesOn ?? []).map((word, index) => ({
      name: `inbox/${index + 1}`,
      content: `opening-${index + 1} ${word}\n`,
    })),
    { name: 'plan/verbs', content: formatVerbs(plan.phases) },
    { name: 'plan/recovery', content: formatRecovery() },
    { name: 'plan/limits', content: formatLimits() },
    { name: 'plan/revive', content: `project=${stack.name}\n${reviveProgram}` },
    { name: 'plan/effects.sh', content: effectsFor(opening) },
    ...(plan.watch === undefined ? [] : [{ name: 'plan/watch', content: stepProgram(plan.watch) }]),
    ...PHASES.flatMap((phase) => (plan.phases[phase] ? phaseFiles(`plan/${phase}`, plan.phases[phase]) : [])),
    ...(release ? releaseFiles(release, stack) : []),
    ...opening.shipments.flatMap(shippedFiles),
    ...(dockerConfig === undefined ? [] : [{ name: 'docker/config.json', content: dockerConfig }]),
  ]
}

/** A phase as the agent reads it: a table of steps (id, deadline in seconds, title) and a program for each effect. */
export function phaseFiles(folder: string, steps: readonly Step[]): readonly PackedFile[] {
  return [
    {
      name: `${folder}/steps`,
      content: steps.map(({ id, deadline, title }) => `${id} ${deadline} ${title.replaceAll(/\s+/g, ' ')}\n`).join(''),
    },
    ...steps.flatMap(({ id, run, undo, gate, since, unless }) => [
      { name: `${folder}/${id}.run`, content: stepProgram(run) },
      ...(since === undefined ? [] : [{ name: `${folder}/${id}.since`, content: `${since}\n` }]),
      ...(unless === undefined ? [] : [{ name: `${folder}/${id}.unless`, content: `${unless}\n` }]),
      ...(undo === undefined ? [] : [{ name: `${folder}/${id}.undo`, content: stepProgram(undo) }]),
      ...(gate === undefined ? [] : [{ name: `${folder}/${id}.gate`, content: stepProgram(gate) }]),
    ]),
  ]
}

function stepProgram(line: string): string {
  return `. "$ESTIBA_TX/plan/effects.sh"\n${line}\n`
}

/** What was built is what is staged and deployed: by digest, where the image has one. */
function digestsOf(release: Release | undefined): Digests {
  return release ? imageDigests(release.manifest) : {}
}

/** Names and paths were checked to need no quotes in `src/stack/stack.ts` and `releaseId`. */
function effectsFor({ stack, plan, releaseId }: Opening): string {
  return `project=${stack.name} stack=${stack.path} release=${releaseId} variant=${plan.variant ?? 'plain'}\n${effectsProgram}`
}

/** In each folder `docker compose` knows its project and its file by itself. */
function releaseFiles({ manifest, variants, edge }: Release, stack: Stack): readonly PackedFile[] {
  const folder = (name: string, compose: ComposeModel): readonly PackedFile[] => [
    { name: `release/${name}/compose.json`, content: formatModel(compose) },
    { name: `release/${name}/.env`, content: `COMPOSE_PROJECT_NAME=${stack.name}\nCOMPOSE_FILE=compose.json\n` },
  ]
  return [
    { name: 'release/manifest.json', content: `${JSON.stringify(manifest)}\n` },
    ...(manifest.slots === undefined ? [] : [{ name: 'release/joins', content: sharedBy(manifest) }]),
    ...variants.flatMap(({ variant, compose, guard }) => [
      ...folder(variant, compose),
      ...folder(`${variant}-guard`, guard),
    ]),
    ...Object.entries(edge ?? {}).map(([name, content]) => ({ name: `release/edge/${name}`, content })),
  ]
}

/** Who is in both slots, for the minute job: the server's own edge reaches them as it is. */
function sharedBy({ services, slots }: Manifest): string {
  const shared = Object.entries(services).flatMap(([name, { kind }]) => (isReplaced(kind) ? [] : [name]))
  const outside = (slots?.edges ?? []).filter((edge) => isOutside(edge) && edge !== HOST)
  return [...shared, ...outside].map((name) => `${name}\n`).join('')
}

/** Readable for everybody: the processes in the containers run as whom they like. */
function shippedFiles({ sha256, files }: Shipment): readonly PackedFile[] {
  return files.map(({ name, content, executable }) => ({
    name: `files/${sha256}/${name}`,
    content,
    mode: executable ? 0o755 : 0o644,
  }))
}
