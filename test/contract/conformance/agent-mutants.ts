import { agentProgram } from '../../../src/agent/programs.ts'
import type { Seen } from './trace.ts'

/** A bug planted in the agent's program, the trace in which it shows, and what of it differs from the model then. */
export interface AgentMutant {
  readonly name: string
  readonly edits: readonly (readonly [text: string, instead: string])[]
  readonly trace: string
  readonly caughtBy: keyof Seen
}

export const AGENT_MUTANTS: readonly AgentMutant[] = [
  {
    name: 'the way back is taken forward',
    edits: [['for (; n; n--) print line[n]', 'for (i = 1; i <= n; i++) print line[i]']],
    trace: 'prepared: advance switch',
    caughtBy: 'trace',
  },
  {
    name: 'gates are not asked',
    edits: [['run_step "$phase" "$step" gate && continue', 'continue']],
    trace: 'a gate forbids it',
    caughtBy: 'journals',
  },
  {
    name: 'what may not be taken back is left as it is',
    edits: [['    settle "$1"\n', '    finish stuck "$1"\n']],
    trace: 'a gate forbids it',
    caughtBy: 'trace',
  },
  {
    name: 'what had not begun is settled too',
    edits: [['is_due() {', 'is_due() { return 0']],
    trace: 'a gate forbids it before the switch',
    caughtBy: 'trace',
  },
  {
    name: 'recovery asks the gates again',
    edits: [['elif [ -n "$(last_of forbidden)" ]; then state=forbidden; fi', 'fi']],
    trace: 'forbidden: killed',
    caughtBy: 'trace',
  },
  {
    name: 'a trial whose agent died is wound up',
    edits: [['*) undo "${was:-agent-gone}" ;;', '*) wind_up ;;']],
    trace: 'trial: killed',
    caughtBy: 'ledger',
  },
  {
    name: 'torn tails are not cut off',
    edits: [['cut_torn_tail() {', 'cut_torn_tail() { return 0']],
    trace: 'trial: torn',
    caughtBy: 'journals',
  },
  {
    name: 'an effect is recorded after it',
    edits: [
      [`record began "$1" "$step" || { cause='journal-not-written'; return 1; }`, ':'],
      [
        'record did "$1" "$step" "$code"\n    [ "$code" = 0 ] && continue',
        'record began "$1" "$step"; record did "$1" "$step" "$code"\n    [ "$code" = 0 ] && continue',
      ],
    ],
    trace: 'killed in a step',
    caughtBy: 'trace',
  },
  {
    name: 'an orphaned effect is neither waited for nor ended',
    edits: [
      ['end_orphan() {', 'end_orphan() { return 0'],
      ['"$tx/effect" >"$tx/output/$1-$2.$3" 2>&1 &', '"$tx/effect" >"$tx/output/$1-$2.$3" 2>&1 9>&- &'],
    ],
    trace: 'killed in a step',
    caughtBy: 'trace',
  },
  {
    name: 'a way back is tried only once',
    edits: [
      ['three_times() { "$@" || { sleep 1 9>&-; "$@"; } || { sleep 3 9>&-; "$@"; }; }', 'three_times() { "$@"; }'],
    ],
    trace: 'a step fails, and a way back once',
    caughtBy: 'ledger',
  },
  {
    name: 'checks do not object',
    edits: [['if [ -n "$why" ]; then', 'if false; then']],
    trace: 'trial: confirm against a check',
    caughtBy: 'answers',
  },
  {
    name: 'anybody is taken for the owner',
    edits: [['[ "${rule%% *}" = any ] ||', 'true ||']],
    trace: 'trial: all that is refused',
    caughtBy: 'answers',
  },
  {
    name: 'nothing is looked at before the commit',
    edits: [['elif run_phase commit &&', 'elif']],
    trace: 'the look before the commit fails',
    caughtBy: 'ledger',
  },
  {
    name: 'the ledger is not written',
    edits: [['if ! is_over || ! add_to_ledger; then', 'if ! is_over; then']],
    trace: 'prepared: abort by others',
    caughtBy: 'ledger',
  },
  {
    name: 'the stack stays taken',
    edits: [['  rm -f "$stack/open"\n  prune', '  prune']],
    trace: 'prepared: abort by others',
    caughtBy: 'isOpen',
  },
  {
    name: 'a stale plan is carried out',
    edits: [['[ "$(wc -l <"$ledger")" -eq "$(cat "$tx/plan/head")" ] ||', 'true ||']],
    trace: 'another recovers it first',
    caughtBy: 'answers',
  },
  {
    name: 'a step of finish that fails is not named',
    edits: [['unfinished=${unfinished:+$unfinished,}$step', ':']],
    trace: 'a step of finish fails for good',
    caughtBy: 'ledger',
  },
]

/**
 * The agent's program with the bug in it.
 *
 * @throws Error when the program does not have a text that is to be edited, once
 */
export function plant({ name, edits }: AgentMutant): string {
  return edits.reduce((program, [text, instead]) => {
    if (program.split(text).length !== 2) throw new Error(`${name}: the agent has not once: ${text}`)
    return program.replace(text, () => instead)
  }, agentProgram)
}
