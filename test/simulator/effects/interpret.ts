import type { Manifest } from '../../../src/release/manifest.ts'
import type { Interpret } from '../agent/site.ts'
import type { Conduct } from '../host/container.ts'
import type { Run } from '../kernel.ts'
import { Containers } from './containers.ts'
import { Database } from './database.ts'
import { Docker } from './docker.ts'
import { Files } from './files.ts'
import { clearKept, leadBack, setAside } from './kept.ts'
import { comeBack, leadAll, leadService, retireNew, rollEdge, tryNew } from './rolling.ts'

/** The release that a plan leads to, and how its containers will behave. */
export interface Release {
  readonly manifest: Manifest
  readonly variant: string
  readonly conduct: Readonly<Record<string, Conduct>>
  readonly stopTakes: number
}

/** What the effects work on. */
export interface Tools {
  readonly docker: Docker
  readonly containers: Containers
  readonly files: Files
  readonly database: Database
}

type Effect = (tools: Tools, args: readonly string[]) => Run<boolean>
export type Effects = Readonly<Record<string, Effect>>

/**
 * Interprets the lines of a plan: functions of `src/compose/effects`, by name, joined with `&&`. What they do to the host is
 * said here a second time, in the order in which the programs do it.
 *
 * @param replaced effects that differ from the real ones, for planted bugs
 * @throws Error for a name that is not known here
 */
export function interpreterFor(release: Release, isMigrationCompatible: boolean, replaced: Effects = {}): Interpret {
  return function* (line, around) {
    const docker = new Docker(around)
    const tools = {
      docker,
      containers: new Containers(docker, release),
      files: new Files(around, release),
      database: new Database(docker, isMigrationCompatible),
    }
    for (const [name = '', ...args] of commandsOf(line)) {
      const effect = replaced[name] ?? EFFECTS[name]
      if (!effect) throw new Error(`the simulator does not know the effect ${name}: ${line}`)
      if (!(yield* effect(tools, args))) return 1
    }
    return 0
  }
}

const EFFECTS: Effects = {
  true: () => done(),
  stage: ({ files }) => files.stage(),
  unstage: ({ files }) => files.unstage(),
  pull: ({ files }) => files.pull(),
  point_current: ({ files }, [to = '']) => files.link('current', to),
  switch_edge: ({ files }, [to = '']) => files.link('edge/live', `slots/${to}`),
  roll_edge: rollEdge,
  lead_service: leadService,
  lead_all: leadAll,
  lend_names: ({ containers }) => containers.answers(),
  hide_new: ({ containers }) => containers.answers(),
  show_new: ({ containers }) => containers.answers(),
  hide_old: ({ containers }) => containers.answers(),
  part_slots: ({ docker }) => docker.awaitEngine(),
  come_back: comeBack,
  try_new: tryNew,
  retire_new: retireNew,
  forget_releases: () => done(),
  forget_files: () => done(),
  forget_images: () => done(),
  hold_images: () => done(),
  let_go: () => done(),
  tidy_edge: () => done(),
  await_engine: ({ docker }) => docker.awaitEngine(),
  make_slots: ({ containers }) => containers.answers(),
  join_slots: ({ containers }) => containers.answers(),
  clear_slot: ({ containers }, [slot = '']) => containers.clearSlot(slot),
  create_new: ({ containers }, services) => containers.createNew(services),
  set_aside: setAside,
  lead_back: (tools, [folder = '', ...marks]) => leadBack(tools, folder, marks),
  clear_kept: clearKept,
  note_served: ({ containers }, ran) => containers.noteServed(ran),
  stop_old: ({ containers }, services) => containers.stopOld(services),
  stand_by: ({ containers }, [seconds = '', ...services]) => containers.standBy(Number(seconds), services),
  start_and_prove: ({ containers }, [seconds = '', ...services]) => containers.startAndProve(Number(seconds), services),
  run_jobs: ({ containers }, [, ...services]) => containers.runJobs(services),
  stop_new: ({ containers }, services) => containers.stopNew(services),
  keep_alive: ({ containers }, services) => containers.keepAlive(services),
  remove_old: ({ containers }, services) => containers.removeOld(services),
  remove_idle: ({ containers }, services) => containers.removeIdle(services),
  all_gone: ({ containers }, services) => containers.areGone(services),
  drop_networks: ({ docker }) => docker.awaitEngine(),
  forget_edge: () => done(),
  forget_stack: ({ files }) => files.forgetStack(),
  let_all_go: ({ docker }) => docker.awaitEngine(),
  are_well: ({ containers }, services) => containers.areWell(services),
  run_for: ({ containers }, [, ...services]) => containers.areWell(services),
  let_ask: () => done(),
  end_asking: () => done(),
  see_edge: ({ containers }, [wanted = '', ...edges]) => containers.seeEdge(wanted, edges),
  reload_nginx: ({ containers }, [edge = '']) => containers.reload(edge),
  drain: () => done(),
  place_new: ({ containers }) => containers.answers(),
  admit_old: ({ containers }) => containers.answers(),
  leave_slot: ({ docker }) => docker.awaitEngine(),
  share_assets: ({ containers }) => containers.answers(),
  configure_edge: ({ containers }, edges) => containers.reloadAll(edges),
  configure_edge_back: ({ containers }, edges) => containers.reloadAll(edges),
  back_up: ({ database }) => database.backUp(),
  run_once: ({ database }) => database.runOnce(),
  remove_once: ({ database }) => database.removeOnce(),
  note_schema: ({ database }) => database.noteSchema(),
  old_code_can_run: ({ database }, [said = 'false']) => database.canOldCodeRun(said),
}

export function* done(): Run<boolean> {
  yield 0
  return true
}

const parsed = new Map<string, readonly (readonly string[])[]>()

/** The commands of a line that are joined with `&&`, each as words. */
function commandsOf(line: string): readonly (readonly string[])[] {
  const commands = parsed.get(line) ?? line.split(' && ').map(shellWords)
  parsed.set(line, commands)
  return commands
}

/** Words of a command as a shell takes them apart: plain ones and ones in single quotes. */
export function shellWords(command: string): readonly string[] {
  return (command.match(/(?:[^\s']|'[^']*')+/g) ?? []).map((word) => word.replaceAll(/'([^']*)'/g, '$1'))
}
