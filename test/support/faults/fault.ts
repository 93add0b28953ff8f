/** What strikes, and where. `host`: a script runs there at the moment. The others are done from here. */
export interface Fault {
  readonly name: string
  readonly by: FaultBy
  /** Whether visitors may notice. */
  readonly touches: 'deploy' | 'engine'
  /** Seconds from then until all is as it should be, beside what an undisturbed deploy takes. */
  readonly within: number
}

export type FaultBy =
  | { readonly where: 'host'; readonly script: string }
  | { readonly where: 'link'; readonly how: 'cut' | 'reset' | 'blackHole' }
  | { readonly where: 'runner' }
  | { readonly where: 'power' }
  | { readonly where: 'agent and runner'; readonly script: string }

/** The lease of a deploy whose runner is killed, with what its checks add; until then the agent hopes for a word. */
export const LEASE = 40
/** With a runner that goes on; and by the minute job. */
const RUNNER = 30
const MINUTE_JOB = 90

/** One that has ended meanwhile can't be killed any more: the fault came too late, and nothing may come of it. */
const killAgent = 'kill -9 "$(cat "$tx/pid")" 2>/dev/null || grep -q " ended " "$tx/journal"'
const sessionOfEffect = 'session=$(cut -d " " -f 1 "$tx/effect" 2>/dev/null)'

/** `$tx` is the folder of the transaction. Each fails if there was nothing to strike. */
export const FAULTS = {
  agent: { by: { where: 'host', script: killAgent }, touches: 'deploy', within: RUNNER },
  'agent and effect': {
    by: {
      where: 'host',
      script: `${sessionOfEffect}; agent=$(cat "$tx/pid"); kill -9 -- "-$agent" "$agent" 2>/dev/null
        [ -z "$session" ] || kill -9 $(ps -eo pid=,sid= | awk -v sid="$session" '$2 == sid { print $1 }') 2>/dev/null
        true`,
    },
    touches: 'deploy',
    within: RUNNER,
  },
  'compose client': {
    by: {
      where: 'host',
      // The first that runs; the agent may be between its record and the client for a while.
      script: `for try in $(seq 300); do
          ${sessionOfEffect}
          client=$(ps -eo pid=,sid=,comm= | awk -v sid="$session" '$2 == sid && $3 ~ /^docker(-compose)?$/ { print $1 }')
          [ -z "$client" ] || { kill -9 $client 2>/dev/null && break; }
          sleep 0.01
        done
        [ -n "$client" ]`,
    },
    touches: 'deploy',
    within: RUNNER,
  },
  'engine killed': {
    by: { where: 'host', script: 'kill -9 "$(cat /run/docker.pid)"' },
    touches: 'engine',
    within: MINUTE_JOB,
  },
  'engine restarted': {
    by: { where: 'host', script: 'kill -TERM "$(cat /run/docker.pid)"' },
    touches: 'engine',
    within: MINUTE_JOB,
  },
  'link cut': { by: { where: 'link', how: 'cut' }, touches: 'deploy', within: RUNNER },
  'link reset': { by: { where: 'link', how: 'reset' }, touches: 'deploy', within: RUNNER },
  'link black-holed': { by: { where: 'link', how: 'blackHole' }, touches: 'deploy', within: RUNNER },
  runner: { by: { where: 'runner' }, touches: 'deploy', within: LEASE + RUNNER },
  'runner and agent': { by: { where: 'agent and runner', script: killAgent }, touches: 'deploy', within: MINUTE_JOB },
  'host cut off': { by: { where: 'power' }, touches: 'engine', within: MINUTE_JOB },
} as const satisfies Readonly<Record<string, Omit<Fault, 'name'>>>

export type FaultName = keyof typeof FAULTS

export function faultOf(name: FaultName): Fault {
  return { name, ...FAULTS[name] }
}
