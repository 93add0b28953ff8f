/** What the program in a container does. */
export interface Conduct {
  /** Seconds after a start until its health check says yes; infinite when it never does. 0: none, to run is all that is asked. */
  readonly healthyAfter: number
  /** Seconds after a start until it ends by itself; infinite when it does not. */
  readonly endsAfter: number
}

export type Policy = 'no' | 'on-failure' | 'unless-stopped' | 'always'

export interface Container {
  readonly id: string
  readonly service: string
  readonly labels: Readonly<Record<string, string>>
  readonly image: string
  readonly conduct: Conduct
  readonly isOneOff: boolean
  readonly stopTakes: number
  policy: Policy
  status: 'created' | 'running' | 'exited'
  /** The engine's mark `HasBeenManuallyStopped`. */
  isStoppedByHand: boolean
  /** Was told to end and has not yet: still `running`, and answers to nobody. */
  isStopping: boolean
  /** It has ended by itself, as a job does. */
  hasCompleted: boolean
  restarts: number
  startedAt: number
  /** Counts its starts, so that what was due for an earlier one is seen to be late. */
  life: number
}

/** What happened to containers, for those who look from outside. */
export interface EngineEvent {
  readonly kind: 'create' | 'start' | 'stop' | 'remove'
  readonly container: Container
  /** The engine of its own accord: at its start, or because a container had ended. */
  readonly isByItself: boolean
}
