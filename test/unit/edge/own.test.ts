import { expect, test } from 'vitest'
import type { Shipment } from '../../../src/compose/sources.ts'
import { ownFiles, ownPath } from '../../../src/edge/own.ts'

test('what an edge can load anew is its configuration, not what it serves', () => {
  expect(ownPath('edge', '/etc/nginx/conf.d/default.conf')).toBe('own/edge/etc_nginx_conf.d_default.conf')
  expect(ownPath('edge', '/usr/share/nginx/html')).toBeUndefined()
})

test('files and folders of the repository, each where its edge mounts it', () => {
  const file = (name: string) => ({ name, content: Buffer.from(name), executable: false })
  const shipment = (path: string, ...files: string[]): [string, Shipment] => [
    path,
    { path, sha256: path, isFolder: files.length > 1, files: files.map(file) },
  ]
  const shipments = new Map([
    shipment('/repo/site.conf', 'site.conf'),
    shipment('/repo/more', 'more/a.conf', 'more/deep/b.conf'),
    shipment('/repo/public', 'public/index.html', 'public/x.css'),
  ])
  const mount = (source: string, target: string) => ({ type: 'bind' as const, source, target })
  const volumes = [
    mount('/repo/site.conf', '/etc/nginx/conf.d/default.conf'),
    mount('/repo/more', '/etc/nginx/more'),
    mount('/repo/public', '/usr/share/nginx/html'),
    mount('/etc/letsencrypt', '/etc/letsencrypt'),
  ]
  const model = { name: 'shop', services: { edge: { volumes }, other: { volumes } } }
  expect(ownFiles(model, ['edge'], shipments)).toEqual({
    'own/edge/etc_nginx_conf.d_default.conf': Buffer.from('site.conf'),
    'own/edge/etc_nginx_more/a.conf': Buffer.from('more/a.conf'),
    'own/edge/etc_nginx_more/deep/b.conf': Buffer.from('more/deep/b.conf'),
  })
})
