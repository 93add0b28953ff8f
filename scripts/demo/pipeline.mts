import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ActRun, type ActOptions } from '../../test/support/act/act.ts'
import type { Team } from '../../test/support/act/team.ts'
import { PhaseFollower } from './phases.mts'
import type { HostName, Outcome, Phase, Run } from './recording.mts'
import type { Terminal } from './terminal.mts'

export interface PipelineParts {
  /** Their repository has the callers of `workflows-templates/`. */
  readonly team: Team
  readonly terminal: Terminal
  /** Milliseconds since the recording began. */
  readonly now: () => number
  /** Folder for the logs of the runs. */
  readonly logs: string
  readonly signal: AbortSignal
}

/** What somebody does, and how the story calls it. */
interface Trigger {
  readonly title: string
  readonly version: string
  readonly host: HostName
  readonly act: Pick<ActOptions, 'workflow' | 'event' | 'ref' | 'inputs'>
}

/** What people do with a repository, and the workflow runs that come of it, under act on this machine. */
export class Pipeline {
  readonly runs: Run[] = []
  readonly #parts: PipelineParts

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  push(version: string): Promise<Run> {
    const act = { workflow: 'staging.yml', event: 'push', ref: 'refs/heads/main' } as const
    return this.#run({ title: `push of ${version} to main`, version, host: 'staging', act })
  }

  async tag(version: string, tag: string): Promise<Run> {
    await this.#parts.team.shop.git('tag', tag)
    const act = { workflow: 'production.yml', event: 'push', ref: `refs/tags/${tag}` } as const
    return this.#run({ title: `tag ${tag}`, version, host: 'production', act })
  }

  /** Somebody presses the button of the rollback workflow. */
  rollBack(host: HostName, to: string): Promise<Run> {
    const inputs = { environment: host, to: '' }
    const act = { workflow: 'rollback.yml', event: 'workflow_dispatch', ref: 'refs/heads/main', inputs } as const
    return this.#run({ title: `rollback of ${host} by hand`, version: to, host, act })
  }

  async #run(trigger: Trigger): Promise<Run> {
    const { team, terminal, now, signal } = this.#parts
    const { shop, github } = team
    signal.throwIfAborted()
    terminal.step(trigger.title)
    terminal.watch('starts')
    const commit = await shop.git('rev-parse', 'HEAD')
    const runId = github.addRun({ commit, branch: trigger.act.ref.split('/').slice(2).join('/') })
    const follower = new PhaseFollower(
      (name) => {
        terminal.watch(name)
      },
      ({ name, start, end, result }) => {
        terminal.phase(name, end - start, result)
        terminal.watch('goes on')
      },
    )
    const start = now()
    await using run = await ActRun.start({
      ...trigger.act,
      ...team.settings(trigger.host),
      app: shop.path,
      github,
      runId,
    })
    const code = await this.#follow(run, follower)
    const { log } = await run.result()
    writeFileSync(join(this.#parts.logs, `${this.runs.length + 1}-${trigger.title.replaceAll(' ', '-')}.log`), log)
    signal.throwIfAborted()
    github.endRun(runId, code === 0 ? 'success' : 'failure')
    const result = code === 0 ? 'success' : 'failure'
    const outcome = findOutcome(result, follower.phases)
    const { title, version, host } = trigger
    const told: Run = { title, version, host, start, end: now(), result, outcome, phases: follower.phases }
    this.runs.push(told)
    return told
  }

  /** Resolves to act's exit code; a cancelled run is killed. */
  async #follow(run: ActRun, follower: PhaseFollower): Promise<number | null> {
    const { signal, now } = this.#parts
    let seen = 0
    const look = (): void => {
      const events = run.events.slice(seen)
      seen += events.length
      for (const event of events) follower.take(event, now())
    }
    const over = new AbortController()
    const ended = run.result().finally(() => {
      over.abort()
    })
    while (!over.signal.aborted && !signal.aborted) {
      look()
      await sleep(50)
    }
    if (signal.aborted) await run.kill()
    const { exitCode } = await ended
    if (!signal.aborted) look()
    return exitCode
  }
}

function findOutcome(result: Run['result'], phases: readonly Phase[]): Outcome {
  if (result === 'success') return phases.some(({ name }) => name === 'roll back') ? 'rolled back' : 'confirmed'
  const back = phases.find(({ name }) => name === 'go back')
  return back?.result === 'success' ? 'gone back' : 'failed'
}
