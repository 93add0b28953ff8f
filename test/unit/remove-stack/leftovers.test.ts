import { expect, test } from 'vitest'
import { formatLeftovers, leftovers } from '../../../actions/remove-stack/leftovers.ts'
import type { Container } from '../../../src/stack/observation.ts'
import { container, emptyHost, hostWith, shopRelease } from '../../support/stack.ts'

const stack = { name: 'shop', path: '/srv/shop' }
const volume = (Name: string) => ({ Type: 'volume', Source: '/x', Name, Destination: '/data', RW: true })
const bind = (Source: string, RW = true) => ({ Type: 'bind', Source, Destination: '/x', RW })
const with_ = (service: string, mounts: Container['mounts']) =>
  container(service, { mounts, networks: ['shop_default'] })

test('what is left, in the order in which it could be removed', () => {
  const db = with_('db', [volume('shop_pg'), bind('/srv/shop/project/data'), bind('/home/ana/data'), bind('/run/x')])
  const reader = with_('metrics', [bind('/home/ana/read', false)])
  const before = {
    ...hostWith(shopRelease('v1', '1', { db: { volumes: [{ type: 'volume', source: 'wal', target: '/wal' }] } })),
    containers: [db, reader, with_('api', [volume('shop_uploads'), volume('a'.repeat(64))])],
  }
  const networks = [{ name: 'shop_default', subnets: [] }]
  const now = { ...emptyHost, containers: [db, reader], networks }
  expect(formatLeftovers(leftovers(stack, before, now)).join('\n')).toMatchInlineSnapshot(`
    "the container shop-db-1 of db, running
      $ docker rm --force shop-db-1
    the container shop-metrics-1 of metrics, running
      $ docker rm --force shop-metrics-1
    the network shop_default
      $ docker network rm shop_default
    the volume shop_pg, with its data
      $ docker volume rm shop_pg
    the volume shop_uploads, with its data
      $ docker volume rm shop_uploads
    the volume shop_wal, with its data
      $ docker volume rm shop_wal
    other volumes of the stack, if there are any
      $ docker volume ls --filter label=com.docker.compose.project=shop
    /home/ana/data, which a container above writes to
      $ rm -r /home/ana/data
    the folder /srv/shop: project/ with data folders, backups/, ledger.jsonl and the journals
      $ rm -r /srv/shop"
  `)
})

test('without stores only the folder is', () => {
  expect(formatLeftovers(leftovers(stack, emptyHost, emptyHost))).toEqual([
    'the folder /srv/shop: project/ with data folders, backups/, ledger.jsonl and the journals',
    '  $ rm -r /srv/shop',
  ])
})
