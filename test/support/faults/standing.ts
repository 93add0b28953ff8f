import type { Site } from './site.ts'

/** How a site stands, as seen from outside of our own code: by the files that it keeps, and by docker. */
export interface Standing {
  /** The ledger's last line; undefined when it has none. */
  readonly ledger: { readonly tx: string; readonly version: string; readonly result: string } | undefined
  readonly isOpen: boolean
  readonly isLocked: boolean
  /** Where `current` leads: `releases/ID/b`. */
  readonly current: string
  /** Version and world of the release that `current` names. */
  readonly currentVersion: string
  /** Services that `docker compose ps` in `current` says run, sorted. */
  readonly running: string
  /** Where the edge leads: `slots/b`. */
  readonly edge: string
  readonly containers: readonly Container[]
  /** Processes that work on the stack's folder. */
  readonly processes: readonly string[]
  /** Each process of the scheduler that ever ran, with its first and last sign of life in milliseconds. */
  readonly schedulers: readonly { readonly id: string; readonly first: number; readonly last: number }[]
}

export interface Container {
  readonly service: string
  readonly id: string
  /** Empty for those that no release replaces. */
  readonly slot: string
  readonly state: string
  readonly version: string
  readonly restart: string
}

/** Policies as the compose file has them. */
export const POLICIES: Readonly<Record<string, string>> = {
  edge: 'always',
  web: 'always',
  scheduler: 'unless-stopped',
  store: 'unless-stopped',
}

/** Looks at the host. Throws while the host or its engine is away. */
export async function look({ host, path, stack }: Site): Promise<Standing> {
  const inspect =
    '{{index .Config.Labels "com.docker.compose.service"}}\t{{.Id}}\t{{with index .Config.Labels "estiba.slot"}}{{.}}{{end}}\t' +
    '{{.State.Status}}\t{{.HostConfig.RestartPolicy.Name}}\t{{range .Config.Env}}{{println .}}{{end}}'
  const { code, stdout, stderr } = await host.exec(`
    cd ${path} && docker version >/dev/null || exit 1
    echo "=ledger"; tail -n 1 ledger.jsonl
    echo "=open"; cat open 2>/dev/null
    echo "=lock"; flock --nonblock lock true || echo taken
    echo "=current"; readlink current; grep -o '"VERSION": *"[^"]*"' current/compose.json | head -n 1
    echo "=running"; (cd current && docker compose ps --services --status running | sort | tr '\\n' ' ')
    echo; echo "=edge"; readlink edge/live
    echo "=processes"; ps -eo args= | grep -F -e "${path}/" | grep -v -e grep -e recover -e /usr/sbin/sshd -e 'node ' -e 'bash -c'
    echo "=schedulers"
    awk '!($1 in first) { first[$1] = $2; order[++n] = $1 } { last[$1] = $2 } END { for (i = 1; i <= n; i++) print order[i], first[order[i]], last[order[i]] }' project/beats/log
    echo "=containers"
    docker ps --all --quiet --no-trunc --filter label=com.docker.compose.project=${stack} | xargs -r docker inspect --format '${inspect}'`)
  if (code !== 0) throw new Error(stderr || stdout)
  return parse(stdout)
}

function parse(text: string): Standing {
  const part = (name: string): string =>
    new RegExp(`^=${name}\n([^]*?)(?=^=|(?![^]))`, 'm').exec(text)?.[1]?.trim() ?? ''
  const lines = (name: string): readonly string[] =>
    part(name)
      .split('\n')
      .filter((line) => line !== '')
  const [current = '', version = ''] = lines('current')
  return {
    ledger: part('ledger') === '' ? undefined : (JSON.parse(part('ledger')) as NonNullable<Standing['ledger']>),
    isOpen: part('open') !== '',
    isLocked: part('lock') !== '',
    current,
    currentVersion: version.split('"')[3] ?? '',
    running: part('running'),
    edge: part('edge'),
    processes: lines('processes'),
    schedulers: lines('schedulers').map((line) => {
      const [id = '', first, last] = line.split(' ')
      return { id, first: Number(first), last: Number(last) }
    }),
    containers: lines('containers').flatMap((line, index, all) => {
      const fields = line.split('\t')
      if (fields.length < 6) return []
      const [service = '', id = '', slot = '', state = '', restart = ''] = fields
      const next = all.findIndex((other, at) => at > index && other.includes('\t'))
      const env = [fields[5] ?? '', ...all.slice(index + 1, next === -1 ? undefined : next)]
      const version = env.find((each) => each.startsWith('VERSION='))?.slice('VERSION='.length) ?? ''
      return [{ service, id, slot, state, restart, version }]
    }),
  }
}
