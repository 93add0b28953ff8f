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
      "langfuse/langfuse langfuse-worker: worker taken for web",
      "zulip/docker-zulip memcached: data taken for web",
      "SigNoz/signoz signoz: web taken for data",
      "triggerdotdev/trigger.dev webapp: web taken for data",
      "triggerdotdev/trigger.dev registry: data taken for web",
      "triggerdotdev/trigger.dev s2: data taken for web",
      "penpot/penpot penpot-frontend: web taken for data",
      "penpot/penpot penpot-backend: web taken for data",
      "zammad/zammad-docker-compose zammad-init: job taken for web",
      "zammad/zammad-docker-compose zammad-memcached: data taken for web",
      "LemmyNet/lemmy-ansible postfix: web taken for worker",
      "nextcloud/docker proxy: edge taken for web",
      "makeplane/plane proxy: edge taken for data",
      "windmill-labs/windmill windmill_extra: web taken for data",
      "baserow/baserow volume-permissions-fixer: job taken for data",
      "opf/openproject-docker-compose cache: data taken for web",
      "opf/openproject-docker-compose hocuspocus: web taken for worker",
      "librenms/docker dispatcher: scheduler taken for worker",
      "appwrite/appwrite appwrite-maintenance: scheduler taken for worker",
      "appwrite/appwrite smtp: web taken for worker",
      "appwrite/appwrite clamav: web taken for data",
      "appwrite/appwrite telegraf: web taken for worker",
      "supabase/supabase functions: web taken for data",
      "supabase/supabase vector: worker taken for web",
    ]
  `)
  expect(wrong.length / all.length).toBeLessThan(0.12)
})

test('no scheduler is taken for a web service, of which two may run at once, and no job for anything that must not end', () => {
  const taken = (kind: string) => new Set(all.flatMap(({ is, inferred }) => (is === kind ? [inferred] : [])))
  expect(taken('scheduler')).not.toContain('web')
  expect(all.filter(({ is, inferred }) => inferred === 'job' && is !== 'job')).toEqual([])
})
