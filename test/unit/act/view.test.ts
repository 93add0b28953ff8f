import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { actView } from '../../support/act/view.ts'

const WORKFLOW = `
name: Deploy # a comment
on:
  workflow_call:
    inputs:
      environment:
        type: string
        deployment: kept
jobs:
  deploy:
    environment:
      name: \${{ inputs.environment }}
      deployment: false
    concurrency:
      group: deploy
      cancel-in-progress: false
      queue: max
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - uses: $/actions/rollback
        with:
          queue: max
      - run: |
          echo "$/actions/rollback"
          echo uses
  other:
    uses: $/.github/workflows/lint.yml
`

test('says what act can read, and leaves all else as it is', () => {
  expect(parse(actView(WORKFLOW))).toEqual({
    name: 'Deploy',
    on: { workflow_call: { inputs: { environment: { type: 'string', deployment: 'kept' } } } },
    jobs: {
      deploy: {
        environment: { name: '${{ inputs.environment }}' },
        concurrency: { group: 'deploy', 'cancel-in-progress': false },
        steps: [
          { uses: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1' },
          { uses: 'estiba/estiba/actions/rollback@v0', with: { queue: 'max' } },
          { run: 'echo "$/actions/rollback"\necho uses\n' },
        ],
      },
      other: { uses: 'estiba/estiba/.github/workflows/lint.yml@v0' },
    },
  })
})
