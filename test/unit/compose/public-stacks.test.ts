import { expect, test } from 'vitest'
import { kindOf } from '../../../src/compose/kinds.ts'
import type { Service } from '../../../src/compose/model.ts'
import { PUBLIC_STACKS } from '../../fixtures/public-stacks/index.ts'

const all = PUBLIC_STACKS.flatMap(({ project, services }) =>
  Object.entries(services).map(([name, service]) => {
    const plain: Readonly<Record<string, Service>> = services
    const inferred = kindOf(name, plain)
    return {
      where: `${project} ${name}`,
      is: service.is,
      inferred: typeof inferred === 'string' ? inferred : inferred.kind,
    }
  }),
)

test('what the services of well-known projects are taken for, where that is not what they are', () => {
  const wrong = all.filter(({ is, inferred }) => is !== inferred)
  expect(wrong.map(({ where, is, inferred }) => `${where}: ${is} taken for ${inferred}`)).toMatchInlineSnapshot(`
    [
      "plausible/community-edition plausible: web taken for data",
      "paperless-ngx/paperless-ngx webserver: web taken for data",
      "immich-app/immich immich-machine-learning: web taken for data",
      "apache/airflow flower: web taken for worker",
      "SigNoz/signoz signoz: web taken for data",
      "triggerdotdev/trigger.dev webapp: web taken for data",
      "triggerdotdev/trigger.dev s2: data taken for web",
      "LemmyNet/lemmy-ansible postfix: web taken for worker",
      "nextcloud/docker letsencrypt-companion: data taken for worker",
      "windmill-labs/windmill windmill_worker: worker taken for data",
      "windmill-labs/windmill windmill_indexer: web taken for data",
      "windmill-labs/windmill windmill_extra: web taken for data",
      "baserow/baserow volume-permissions-fixer: job taken for worker",
      "opf/openproject-docker-compose hocuspocus: web taken for worker",
      "librenms/docker dispatcher: scheduler taken for worker",
      "appwrite/appwrite appwrite-maintenance: scheduler taken for worker",
      "appwrite/appwrite smtp: web taken for worker",
      "appwrite/appwrite telegraf: web taken for worker",
      "supabase/supabase functions: web taken for data",
      "supabase/supabase vector: worker taken for web",
    ]
  `)
  expect(wrong.length / all.length).toBeLessThan(0.1)
})

test('no scheduler is taken for a web service, of which two may run at once, and no job for anything that must not end', () => {
  const taken = (kind: string) => new Set(all.flatMap(({ is, inferred }) => (is === kind ? [inferred] : [])))
  expect(taken('scheduler')).not.toContain('web')
  expect(all.filter(({ is, inferred }) => inferred === 'job' && is !== 'job')).toEqual([])
})
