/** Everything that the page is made of, as plain JSON. Times are milliseconds since the recording began. */
export interface Recording {
  /** ISO 8601. */
  readonly startedAt: string
  readonly length: number
  /** Requests a second to each host. */
  readonly rate: number
  /** What the machine is, in a few words. */
  readonly machine: string
  readonly hosts: readonly HostRecording[]
  readonly runs: readonly Run[]
  readonly images: readonly ImageComparison[]
  readonly expectations: readonly Expectation[]
  /** Set when the story stopped before its end. */
  readonly failure?: string
}

export type HostName = 'staging' | 'production'

export interface HostRecording {
  readonly name: HostName
  readonly url: string
  readonly samples: readonly Sample[]
}

/** One request as a visitor makes it, on a connection of its own. */
export interface Sample {
  readonly at: number
  /** From the request to the last byte of the answer, or until it was given up. */
  readonly ms: number
  /** Null where no answer came. */
  readonly status: number | null
  /** The header X-Version of the answer. */
  readonly version: string | null
}

export type Result = 'success' | 'failure'

/** One run of a workflow: what somebody did, and what came of it. */
export interface Run {
  /** What somebody did, such as `push of v1 to main`. */
  readonly title: string
  /** The release that it is about, as people call it. */
  readonly version: string
  /** The host that it ends on. */
  readonly host: HostName
  readonly start: number
  readonly end: number
  readonly result: Result
  readonly outcome: Outcome
  readonly phases: readonly Phase[]
}

/** What became of the host: a red run may have gone back well, and only that is `gone back`. */
export type Outcome = 'confirmed' | 'gone back' | 'rolled back' | 'failed'

/** One step of the run. */
export interface Phase {
  readonly name: PhaseName
  readonly start: number
  readonly end: number
  readonly result: Result
}

/** In the order of a run. Before `prepare` nothing touches the host. */
export const phaseNames = [
  'lint',
  'build',
  'prepare',
  'migrate',
  'switch',
  'smoke test',
  'confirm',
  'go back',
  'roll back',
] as const

export type PhaseName = (typeof phaseNames)[number]

/** What ran on both hosts at one moment, by service. */
export interface ImageComparison {
  readonly version: string
  readonly services: readonly { readonly service: string; readonly staging: string; readonly production: string }[]
}

/** Something that had to be so, and whether it was. */
export interface Expectation {
  readonly at: number
  readonly text: string
  readonly met: boolean
  /** What was seen instead. */
  readonly seen?: string
}
