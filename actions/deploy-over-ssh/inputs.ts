import { resolve } from 'node:path'
import type { Env } from '../../src/compose/dotenv.ts'
import { readEnv } from '../../src/compose/secrets.ts'
import type { Check } from '../../src/health/check.ts'
import { readChecks, readOptionalChecks } from '../../src/health/checks.ts'
import { readJobTimeout } from '../../src/plan/deadlines.ts'
import { type BuiltImages, parseImages } from '../../src/release/images.ts'
import type { InputReader } from '../../src/runner/inputs.ts'
import { readStack, readStackInputs, type StackInputs } from '../../src/stack/inputs.ts'
import type { Stack } from '../../src/stack/stack.ts'

export type Inputs = StackInputs &
  (
    | {
        readonly phase: 'all'
        readonly deploy: DeployInputs
        readonly checks: readonly Check[]
        readonly unchecked: boolean
      }
    | { readonly phase: 'prepare'; readonly deploy: DeployInputs }
    | { readonly phase: 'switch'; readonly transaction: string; readonly checks: readonly Check[] }
    | { readonly phase: 'confirm'; readonly transaction: string; readonly unchecked: boolean }
  )

export interface DeployInputs {
  readonly stack: Stack
  /** Absolute. */
  readonly projectDirectory: string
  /** Absolute, in the order in which they override each other. */
  readonly composeFiles: readonly string[]
  readonly env: Env
  readonly images: BuiltImages
  /** All others keep the images that are live; empty: all are deployed. */
  readonly services: readonly string[]
  readonly version: string | undefined
  readonly registry: { readonly server: string; readonly username: string; readonly password: string } | undefined
  /** Seconds. */
  readonly healthyWithin: number
  readonly lease: number
  readonly lockTimeout: number
  /** Of the whole job, as far as it is known. */
  readonly jobTimeout: number | undefined
  readonly keep: number
  /** Seconds. */
  readonly drain: number
  readonly dryRun: boolean
  /** Whether an older commit than the live one is meant. */
  readonly allowDowngrade: boolean
  /** Logins, for the ledger. */
  readonly approvers: readonly string[]
  /** To ask GitHub how two commits stand to each other; undefined: only the clone is asked. */
  readonly githubToken: string | undefined
}

/** Between two steps of a job lie their start and a new connection: a shorter lease would end a deploy that is well. */
const LEAST_LEASE = 30

export function readInputs(input: InputReader): Inputs {
  const phase = input.oneOf('phase', ['all', 'prepare', 'switch', 'confirm'])
  const where = readStackInputs(input)
  const unchecked = input.flag('confirm-without-checks')
  const transaction = input.optional('transaction') ?? ''
  if (phase === 'switch' || phase === 'confirm') {
    if (transaction === '')
      input.problem(
        'transaction',
        `is required for phase ${phase}; give the output \`transaction\` of the step with phase prepare, such as \${{ steps.deploy.outputs.transaction }}. ` +
          "It is empty when nothing changed: leave this step out then, by if: steps.deploy.outputs.state != 'unchanged'",
      )
    return phase === 'switch'
      ? { ...where, phase, transaction, checks: readOptionalChecks(input) }
      : { ...where, phase, transaction, unchecked }
  }
  if (transaction !== '')
    input.problem('transaction', `belongs to the phases switch and confirm; phase ${phase} opens its own`)
  const deploy = readDeploy(input, where.path)
  if (phase === 'prepare') return { ...where, phase, deploy }
  const checks = unchecked ? readOptionalChecks(input) : readChecks(input)
  return { ...where, phase, deploy, checks, unchecked }
}

function readDeploy(input: InputReader, path: string): DeployInputs {
  const projectDirectory = resolve(input.text('project-directory'))
  const composeFiles = input.lines('compose-files')
  if (composeFiles.length === 0) input.problem('compose-files', 'name at least one file, such as compose.yml')
  return {
    stack: readStack(input, path),
    projectDirectory,
    composeFiles: composeFiles.map((file) => resolve(projectDirectory, file)),
    env: readEnv(input),
    images: input.optional('images') === undefined ? {} : input.parsed('images', parseImages),
    services: input.lines('services'),
    version: input.optional('version'),
    registry: readRegistry(input),
    healthyWithin: input.seconds('healthy-within'),
    lease: readLease(input),
    lockTimeout: input.seconds('lock-timeout'),
    jobTimeout: readJobTimeout(input),
    keep: input.whole('keep', { min: 2, max: 50 }),
    drain: input.seconds('drain'),
    dryRun: input.flag('dry-run'),
    allowDowngrade: input.flag('allow-downgrade'),
    approvers: (input.optional('approvers') ?? '').split(',').flatMap((login) => login.trim() || []),
    githubToken: input.optionalSecret('github-token'),
  }
}

function readLease(input: InputReader): number {
  const lease = input.seconds('lease')
  if (lease > 0 && lease < LEAST_LEASE)
    input.problem('lease', `write at least ${LEAST_LEASE}s: it must outlast the pause between two steps of the job`)
  return lease
}

function readRegistry(input: InputReader): DeployInputs['registry'] {
  const server = input.optional('registry')
  const username = input.optional('registry-username')
  const password = input.optionalSecret('registry-password')
  if (username === undefined && password === undefined) return undefined
  if (server === undefined || username === undefined || password === undefined) {
    input.problem('registry', 'a login needs all of registry, registry-username and registry-password')
    return undefined
  }
  return { server, username, password }
}
