import type { DeployInputs } from '../../actions/deploy-over-ssh/inputs.ts'

/** What a deploy of the shop is asked for, with the defaults of its action.yml. */
export const deployValue: DeployInputs = {
  stack: { name: 'shop', path: '/srv/shop' },
  projectDirectory: '/workspace',
  composeFiles: [],
  env: new Map(),
  images: {},
  services: [],
  version: 'v2',
  registry: undefined,
  healthyWithin: 120,
  lease: 300,
  lockTimeout: 600,
  jobTimeout: undefined,
  keep: 5,
  drain: 30,
  dryRun: false,
  allowDowngrade: false,
  approvers: [],
  githubToken: undefined,
}
