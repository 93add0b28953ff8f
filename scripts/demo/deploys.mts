import { findOutages, inOrder, sinceFirstAnswer, succeeded } from './availability.mts'
import type { HostRecording, Phase, Recording, Run, Sample } from './recording.mts'

/** A run's part on a host, and what it cost visitors there. */
export interface Deploy {
  /** Counted from 1, in the order of the story. */
  readonly number: number
  readonly run: Run
  readonly phases: readonly Phase[]
  readonly start: number
  readonly end: number
  /** Milliseconds during which requests failed, from the first that failed to the next that did not, added up. */
  readonly downtime: number
  readonly sent: number
  readonly failed: number
  /** What was asked from shortly before the deploy until shortly after it, but not before the host first answered. */
  readonly samples: readonly Sample[]
  /** The host had never answered before. */
  readonly first: boolean
}

/** Around a deploy, in milliseconds: enough to see what was before and what came after. */
const margin = 2000

const beforeTheHost: readonly string[] = ['lint', 'build']

/** The runs that touched a host. A run that ended in lint or build did not. */
export function findDeploys(recording: Recording): readonly Deploy[] {
  return recording.runs
    .map((run) => ({ run, phases: run.phases.filter(({ name }) => !beforeTheHost.includes(name)) }))
    .filter(({ phases }) => phases.length > 0)
    .map(({ run, phases }, index) => measure(recording, run, phases, index + 1))
}

function measure(recording: Recording, run: Run, phases: readonly Phase[], number: number): Deploy {
  const start = Math.min(...phases.map((phase) => phase.start))
  const end = Math.max(...phases.map((phase) => phase.end))
  const host = recording.hosts.find(({ name }) => name === run.host)
  const all = inOrder(host?.samples ?? [])
  const answering = sinceFirstAnswer(all)
  const samples = answering.filter(({ at }) => at >= start - margin && at < end + margin)
  const counted = samples.filter(({ at }) => at >= start)
  return {
    number,
    run,
    phases,
    start,
    end,
    samples,
    downtime: findOutages(counted, end + margin).reduce((sum, outage) => sum + outage.end - outage.start, 0),
    sent: counted.length,
    failed: counted.filter((sample) => !succeeded(sample)).length,
    first: (answering[0]?.at ?? Infinity) >= start,
  }
}

/** Share of good answers since the host first answered; undefined when it never did. */
export function availability({ samples }: HostRecording): number | undefined {
  const counted = sinceFirstAnswer(inOrder(samples))
  return counted.length === 0 ? undefined : counted.filter(succeeded).length / counted.length
}
