import { describe, expect, test } from 'vitest'
import { chainSum } from '../../../src/ledger/chain.ts'
import {
  type Container,
  containersOf,
  liveRelease,
  parseObservation,
  runningMounts,
} from '../../../src/stack/observation.ts'
import { container, digest, emptyHost, entry, hostWith, shopRelease, switchable } from '../../support/stack.ts'

const release = shopRelease('20261121-120000-v1', '1')

/** What `observe.sh` prints on a host with one confirmed release, as far as a test looks at it. */
const text = [
  'container\t{"id":"8f1c","name":"/shop-db-1","status":"running","labels":{"com.docker.compose.oneoff":"False",' +
    '"com.docker.compose.service":"db","note":"a\\tb"},"mounts":[{"Type":"bind","Source":"/srv/shop/project/data",' +
    '"Destination":"/var/lib/postgresql/data","Mode":"rw","RW":true,"Propagation":"rprivate"}],"image":"postgres:15",' +
    '"networks":["shop_default","shop_slot-a"],"restart":"always"}',
  `image\tghcr.io/acme/api@${digest('1')}`,
  'image\tghcr.io/acme/api:<none>',
  'image\tpostgres:15',
  'current\t20261121-120000-v1/b-guard',
  'edge\tb-trial 0123456789abcdef',
  'network\tbridge 172.17.0.0/16',
  'network\thost',
  'route\t00000000 00000000',
  'route\t0000D50A 00FFFFFF',
  `manifest\t${JSON.stringify(release)}`,
  'manifest\t{"format":4,"id":"from the future"}',
  'ledger-length\t12',
  `ledger\t${JSON.stringify(entry('20261121-120000-v1', ''))}`,
  'open\tt-20261121T130000Z-1f2e3d',
  'open-by\t{"action":"deploy","version":"v2","actor":"octocat"}',
  '',
].join('\n')

const labels = (service: string, more: Readonly<Record<string, string>> = {}) => ({
  labels: { 'com.docker.compose.service': service, ...more },
})

describe('what the host says', () => {
  const observation = parseObservation(text)

  test('of the containers and images', () => {
    expect(observation.containers).toMatchObject([
      {
        name: '/shop-db-1',
        labels: { note: 'a\tb' },
        image: 'postgres:15',
        restart: 'always',
        networks: ['shop_default', 'shop_slot-a'],
      },
    ])
    expect(observation.images.has('postgres:15')).toBe(true)
    expect(observation.images.has(`ghcr.io/acme/api@${digest('1')}`)).toBe(true)
  })

  test('of an edge that leads some services elsewhere than the others: no slot', () => {
    expect(parseObservation('edge\trolling 0123456789abcdef').edge).toEqual({
      live: undefined,
      hash: '0123456789abcdef',
      isMixed: true,
    })
    expect(observation.edge).toEqual({ live: 'b', hash: '0123456789abcdef' })
  })

  describe('of what a release has left that was taken back', () => {
    const live = shopRelease('20261121-120000-v1', '1', switchable)
    const facts = (change: Partial<Container>, releases = [live]): string =>
      [
        'current\t20261121-120000-v1/b-guard',
        'edge\tb 0123456789abcdef',
        ...releases.map((each) => `manifest\t${JSON.stringify(each)}`),
        `container\t${JSON.stringify(container('api', { status: 'exited', restart: 'no', ...change }))}`,
      ].join('\n')
    const marked = (definition: string, more: Readonly<Record<string, string>> = { 'estiba.slot': 'a' }) =>
      labels('api', { 'estiba.definition': definition, ...more })
    const own = live.services['api']?.definition ?? ''

    test.each<[string, Partial<Container>]>([
      ['another definition', marked('f00')],
      ['this very definition in the other slot', marked(own)],
      ['one that was never started', { ...marked('f00'), status: 'created' }],
      ['an edge', marked('f00', {})],
    ])('%s: it is kept, and none of what there is', (_, change) => {
      const { containers, kept } = parseObservation(facts(change))
      expect([containers, kept.length]).toEqual([[], 1])
    })

    test.each<[string, Partial<Container>]>([
      ['it runs', { ...marked('f00'), status: 'running' }],
      ['the engine may start it', { ...marked('f00'), restart: 'unless-stopped' }],
      ['it is what the live release has', marked(own, { 'estiba.slot': 'b' })],
      ['it is the edge of the live release', marked(own, {})],
      ['it is not ours', labels('api')],
      ['it ran once', marked('f00', { 'com.docker.compose.oneoff': 'True' })],
    ])('not where %s', (_, change) => {
      const { containers, kept } = parseObservation(facts(change))
      expect([containers.length, kept]).toEqual([1, []])
    })

    test('also of the first deploy, when nothing is live', () => {
      expect(parseObservation(facts(marked(own), [])).kept).toHaveLength(1)
    })
  })

  test('of the releases and what was done', () => {
    expect(liveRelease(observation)).toEqual(release)
    expect(observation.releases).toHaveLength(1)
    expect(observation.ledger).toHaveLength(1)
    expect(observation.ledgerLength).toBe(12)
  })

  test('of where it is and which addresses are taken', () => {
    expect(observation.currentVariant).toBe('b')
    expect(observation.edge).toEqual({ live: 'b', hash: '0123456789abcdef' })
    expect(observation.networks).toEqual([
      { name: 'bridge', subnets: ['172.17.0.0/16'] },
      { name: 'host', subnets: [] },
    ])
    expect(observation.routes).toEqual(['10.213.0.0/24'])
  })

  test('of the open transaction', () => {
    expect(observation.open).toEqual({
      tx: 't-20261121T130000Z-1f2e3d',
      by: '{"action":"deploy","version":"v2","actor":"octocat"}',
    })
  })
})

test('a host without anything', () => {
  const observation = parseObservation('observation\t1\nmissing\tdocker\nmissing\tflock\nuser\tdeploy\nobserved\t1\n')
  expect(observation).toMatchObject({
    host: { missing: ['docker', 'flock'], engine: undefined, docker: undefined, dataRoot: undefined },
    current: undefined,
    open: undefined,
    containers: [],
    ledgerLength: 0,
  })
  expect(liveRelease(observation)).toBeUndefined()
})

const mounted = (Source: string, Destination: string, Type = 'bind') => ({ Type, Source, Destination })

test('lines of the ledger that do not fit the ones before are named by their number in the file', () => {
  const lines = [chainSum('', '{"v":1,"tx":"t-7"'), 'f'.repeat(64)].map(
    (sum) => `ledger\t{"v":1,"tx":"t-7","sum":"${sum}"}\n`,
  )
  const facts = (length: number) => `observation\t1\nledger-length\t${length}\n${lines.join('')}observed\t1\n`
  expect(parseObservation(facts(2)).brokenLedgerLines).toEqual([2])
  // What stood before the first line that was read is not known.
  expect(parseObservation(facts(102)).brokenLedgerLines).toEqual([102])
})

test.each([
  ['yes', true],
  ['no', false],
])('a crontab: %s', (said, cron) => {
  expect(parseObservation(`observation\t1\ncron\t${said}\nobserved\t1\n`).cron).toBe(cron)
})

test('one-off containers are not the service', () => {
  const containers = [container('api'), container('api', labels('api', { 'com.docker.compose.oneoff': 'True' }))]
  expect(containersOf({ ...emptyHost, containers }, 'api')).toEqual([containers[0]])
})

describe('where things are mounted', () => {
  const data = '/var/lib/postgresql/data'

  test('a running container counts before one that ended, in whatever order they are listed', () => {
    const now = container('db', { mounts: [mounted('/now', data)] })
    const ended = container('db', { status: 'exited', mounts: [mounted('/then', data), mounted('/x', '/x')] })
    const expected = new Map([['db', new Map(Object.entries({ [data]: '/now', '/x': '/x' }))]])
    expect(runningMounts({ ...emptyHost, containers: [now, ended] })).toEqual(expected)
    expect(runningMounts({ ...emptyHost, containers: [ended, now] })).toEqual(expected)
  })

  test('volumes and one-off containers say nothing', () => {
    const containers = [
      container('db', { mounts: [mounted('/var/lib/docker/volumes/x', data, 'volume')] }),
      container('api', {
        ...labels('api', { 'com.docker.compose.oneoff': 'True' }),
        mounts: [mounted('/tmp', '/tmp')],
      }),
    ]
    expect(runningMounts({ ...emptyHost, containers })).toEqual(new Map([['db', new Map()]]))
  })

  test('without a container it is where the live release has it: data is never looked for elsewhere', () => {
    const mounts = runningMounts({ ...hostWith(release), containers: [] })
    expect(mounts.get('db')).toEqual(new Map([[data, '/srv/shop/project/data']]))
  })

  test('a named volume of the live release is no path', () => {
    const volumes = [{ type: 'volume', source: 'pgdata', target: data }]
    const mounts = runningMounts({ ...hostWith(shopRelease('v1', '1', { db: { volumes } })), containers: [] })
    expect(mounts.get('db')).toEqual(new Map())
  })
})
