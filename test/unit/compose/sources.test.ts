import { describe, expect, test } from 'vitest'
import type { ComposeModel, Mount } from '../../../src/compose/model.ts'
import { checkoutSources, placeSources, type Placement, type Shipment } from '../../../src/compose/sources.ts'

const checkout = '/checkout/shop'
const bind = (source: string, target: string): Mount => ({ type: 'bind', source, target })

const config = bind(`${checkout}/nginx/default.conf`, '/etc/nginx/conf.d/default.conf')
const data = bind(`${checkout}/data/postgres`, '/var/lib/postgresql/data')
const init = bind(`${checkout}/db/init`, '/docker-entrypoint-initdb.d')
const uploads = bind(`${checkout}/uploads`, '/uploads')
const socket = bind('/var/run/docker.sock', '/var/run/docker.sock')

const model: ComposeModel = {
  name: 'shop',
  services: {
    nginx: { image: 'nginx', volumes: [config, socket] },
    api: { image: 'api', volumes: [uploads, { type: 'volume', source: 'cache', target: '/cache' }] },
    worker: { image: 'api', volumes: [uploads] },
    db: { image: 'postgres:15', volumes: [data, init] },
    plain: { image: 'plain' },
  },
}

function shipment(path: string, sha256: string): [string, Shipment] {
  return [path, { path, sha256, isFolder: false, files: [] }]
}

function place(change: Partial<Placement> = {}, changed: Partial<ComposeModel> = {}): ComposeModel {
  return placeSources(
    { ...model, ...changed },
    {
      checkout,
      projectDirectory: checkout,
      stack: '/srv/shop',
      shipments: new Map([shipment(`${checkout}/nginx/default.conf`, 'aaaa'), shipment(`${checkout}/db/init`, 'bbbb')]),
      running: new Map(),
      isData: (service) => service === 'db',
      switched: [],
      ...change,
    },
  )
}

/** `service target <- source` of every mount. */
function mounts({ services }: ComposeModel): readonly string[] {
  return Object.entries(services).flatMap(([name, { volumes = [] }]) =>
    volumes.map(({ source = '', target }) => `${name} ${target} <- ${source}`),
  )
}

test('the paths of the checkout, each once, and nothing else of the host', () => {
  const configs = {
    main: { file: `${checkout}/main.conf` },
    there: { file: '/etc/there.conf' },
    text: { content: 'x' },
  }
  expect(checkoutSources({ ...model, configs }, checkout)).toEqual([
    `${checkout}/data/postgres`,
    `${checkout}/db/init`,
    `${checkout}/main.conf`,
    `${checkout}/nginx/default.conf`,
    `${checkout}/uploads`,
  ])
})

test('a folder beside the checkout with the same beginning is not below it', () => {
  const services = { api: { volumes: [bind('/checkout/shop-data/x', '/x')] } }
  expect(checkoutSources({ name: 'shop', services }, checkout)).toEqual([])
})

test('the first deploy: what ships goes by content, data to the one stable folder, the host stays the host', () => {
  expect(mounts(place())).toMatchInlineSnapshot(`
    [
      "nginx /etc/nginx/conf.d/default.conf <- /srv/shop/files/aaaa/default.conf",
      "nginx /var/run/docker.sock <- /var/run/docker.sock",
      "api /uploads <- /srv/shop/project/uploads",
      "api /cache <- cache",
      "worker /uploads <- /srv/shop/project/uploads",
      "db /var/lib/postgresql/data <- /srv/shop/project/data/postgres",
      "db /docker-entrypoint-initdb.d <- /srv/shop/files/bbbb/init",
    ]
  `)
})

test('placing keeps everything else of a mount, and leaves the model as it was', () => {
  const before = structuredClone(model)
  const services = { nginx: { volumes: [{ ...config, read_only: true, bind: { create_host_path: true } }] } }
  expect(place({}, { services }).services['nginx']?.volumes).toEqual([
    { ...config, source: '/srv/shop/files/aaaa/default.conf', read_only: true, bind: { create_host_path: true } },
  ])
  expect(model).toEqual(before)
})

test('an edited file is another path', () => {
  const shipments = new Map([shipment(`${checkout}/nginx/default.conf`, 'cccc')])
  expect(mounts(place({ shipments }))).toContain(
    'nginx /etc/nginx/conf.d/default.conf <- /srv/shop/files/cccc/default.conf',
  )
})

describe('a stack that is taken over', () => {
  const running = new Map([
    [
      'db',
      new Map([
        ['/var/lib/postgresql/data', '/home/me/shop/data/postgres'],
        ['/docker-entrypoint-initdb.d', '/home/me/shop/db/init'],
      ]),
    ],
    ['nginx', new Map([['/etc/nginx/conf.d/default.conf', '/home/me/shop/nginx/default.conf']])],
    ['api', new Map([['/uploads', '/home/me/shop/uploads']])],
  ])

  test('keeps its data where it is; what a release ships is shipped, but a store keeps even that', () => {
    expect(mounts(place({ running }))).toMatchInlineSnapshot(`
      [
        "nginx /etc/nginx/conf.d/default.conf <- /srv/shop/files/aaaa/default.conf",
        "nginx /var/run/docker.sock <- /var/run/docker.sock",
        "api /uploads <- /home/me/shop/uploads",
        "api /cache <- cache",
        "worker /uploads <- /home/me/shop/uploads",
        "db /var/lib/postgresql/data <- /home/me/shop/data/postgres",
        "db /docker-entrypoint-initdb.d <- /home/me/shop/db/init",
      ]
    `)
  })

  test('gives a service that is new the data that another one has', () => {
    expect(mounts(place({ running }))).toContain('worker /uploads <- /home/me/shop/uploads')
  })

  test('takes data from nowhere else', () => {
    const elsewhere = new Map([['api', new Map([['/other', '/home/me/shop/other']])]])
    expect(mounts(place({ running: elsewhere }))).toContain('api /uploads <- /srv/shop/project/uploads')
  })
})

describe('configs', () => {
  test('from a file are shipped', () => {
    const configs = { main: { file: `${checkout}/db/init`, name: 'shop_main' }, text: { content: 'x' } }
    expect(place({}, { configs }).configs).toEqual({
      main: { file: '/srv/shop/files/bbbb/init', name: 'shop_main' },
      text: { content: 'x' },
    })
  })
})

test('what can not be carried to the host is refused, all of it at once', () => {
  const secrets = { password: { file: `${checkout}/password` }, token: { environment: 'TOKEN' } }
  const configs = { main: { environment: 'MAIN' } }
  expect(() => place({}, { secrets, configs })).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: secrets.password: secrets are not supported yet; write the value as an environment variable of the service, and give it in the input env
    secrets.token: secrets are not supported yet; write the value as an environment variable of the service, and give it in the input env
    configs.main: \`environment\` is not supported yet; write the value as an environment variable of the service, and give it in the input env]
  `)
})

test('the whole project folder is no mount', () => {
  const services = { api: { volumes: [bind(checkout, '/app')] } }
  expect(() => place({}, { services })).toThrowErrorMatchingInlineSnapshot(
    `[UsageError: services.api.volumes: the whole project folder is mounted as /app; build the code into the image, and mount the files and folders that it needs]`,
  )
})
