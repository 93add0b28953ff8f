import { confirmedReleases } from '../ledger/ledger.ts'
import { liveRelease, type Observation } from '../stack/observation.ts'
import type { Change } from './changes.ts'
import type { Unnumbered } from './plan.ts'
import { definitionsWith, names, words } from './words.ts'

/** Whose files a new container is given. */
export interface Sharing {
  readonly observation: Observation
  /** The releases that stay on the host, the new one among them. */
  readonly kept: ReadonlySet<string>
  /** The new release. */
  readonly id: string
}

/** New containers have the files of the kept releases before they are started; each release takes its own first. */
export function shareAssets(changed: readonly Change[], { observation, kept, id }: Sharing): readonly Unnumbered[] {
  const labelled = changed.filter(({ action, service }) => action !== 'leave' && (service.assets ?? []).length > 0)
  if (labelled.length === 0) return []
  const latestFirst = confirmedReleases(observation.ledger)
  const others = observation.releases
    .map((release) => release.id)
    .filter((other) => other !== id && kept.has(other))
    .toSorted((a, b) => latestFirst.indexOf(a) - latestFirst.indexOf(b))
  const live = liveRelease(observation)?.id ?? ''
  return [
    {
      title: `give the new ${names(labelled)} the files of the releases that are kept`,
      because:
        'pages that were opened before the switch ask for them; where a file has the same name, the new one stays',
      run: `${words('share_assets', [live, others.join(',')])} ${definitionsWith(labelled, ({ service }) => (service.assets ?? []).join(','))}`,
      reversibility: 'nothing to undo',
      deadline: 300,
    },
  ]
}

/** What visitors meet whose page is from before the switch, where nobody has said which files it asks for. */
export function missingAssets(changed: readonly Change[], observation: Observation): readonly string[] {
  const live = liveRelease(observation)
  const unlabelled = changed.filter(({ name, action, service: { kind, image, assets } }) => {
    const before = live?.services[name]?.image
    return action === 'replace' && kind === 'web' && assets === undefined && before !== undefined && before !== image
  })
  if (unlabelled.length === 0) return []
  return [
    `pages that were opened before the switch get 404 for files that only the old ${names(unlabelled)} had; if names of files change with ` +
      'each build, label the service estiba.assets: /their/folder/in/the/container',
  ]
}
