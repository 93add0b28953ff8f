import { describe, expect, test } from 'vitest'
import type { Service } from '../../../src/compose/model.ts'
import { assetsOf } from '../../../src/release/assets.ts'

const labelled = (label: string, more: Service = {}): Service => ({ ...more, labels: { 'estiba.assets': label } })
const folder = '/usr/share/nginx/html/assets'

describe('the folders whose files outlive a release', () => {
  test.each<[string, readonly string[]]>([
    [folder, [folder]],
    [`${folder}/, /app/.next/static`, [folder, '/app/.next/static']],
  ])('%s', (label, folders) => {
    expect(assetsOf('web', labelled(label), 'web')).toEqual(folders)
  })

  test('none without the label', () => {
    expect(assetsOf('web', {}, 'web')).toEqual([])
  })

  test('beside what is mounted elsewhere', () => {
    const volumes = [{ type: 'volume', source: 'media', target: '/usr/share/nginx/html/assets-of-users' }]
    expect(
      assetsOf('web', labelled(folder, { volumes, tmpfs: ['/tmp:size=1m'], configs: [{ source: 'c' }] }), 'edge'),
    ).toEqual([folder])
  })

  test.each(['assets', '', '/', '/srv/../etc', '/srv/a b', `${folder},`, '/srv//assets', '/srv/100%'])(
    'not "%s"',
    (label) => {
      expect(() => assetsOf('web', labelled(label), 'web')).toThrow(
        /^services\.web\.labels: estiba\.assets: ".*" is no folder in a container; write its absolute path, as in \/usr/,
      )
    },
  )

  test.each<[string, Service]>([
    ['a volume there', { volumes: [{ type: 'volume', source: 'static', target: `${folder}/` }] }],
    ['a folder of the host above it', { volumes: [{ type: 'bind', source: '/srv', target: '/usr/share/nginx' }] }],
    ['a file of the host in it', { volumes: [{ type: 'bind', source: '/srv/x', target: `${folder}/x.js` }] }],
    ['memory', { tmpfs: [`${folder}:size=1m`] }],
    ['memory, named alone', { tmpfs: folder }],
    ['a config', { configs: [{ source: 'x', target: `${folder}/config.js` }] }],
  ])('not where %s is', (_, more) => {
    expect(() => assetsOf('web', labelled(folder, more), 'web')).toThrow(
      /is not the image's own, for .* is mounted there/,
    )
  })

  test('not where nothing could be laid, and nobody asks', () => {
    expect(() => assetsOf('web', labelled(folder, { read_only: true }), 'web')).toThrow('`read_only: true`')
    expect(() => assetsOf('db', labelled(folder), 'data')).toThrow(
      'services.db.labels: estiba.assets: a data answers no pages',
    )
  })
})
