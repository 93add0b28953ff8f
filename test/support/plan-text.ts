import { formatPlan } from '../../src/plan/plan.ts'
import { planSwitch, type SwitchRequest } from '../../src/plan/switch.ts'
import type { Manifest } from '../../src/release/manifest.ts'
import type { Observation } from '../../src/stack/observation.ts'

/** The plan from what a host is found with to a release, as its reader sees it. */
export function planText(to: Manifest, observation: Observation, change: Partial<SwitchRequest> = {}): string {
  const title = `deploy ${to.version} to shop`
  return formatPlan(
    planSwitch({ title, to, observation, healthyWithin: 120, keep: 5, drain: 30, from: 'registry', ...change }),
  )
}

/** What a plan runs, and its ways back. */
export function commandsOf(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => (/^ +(\$|way back: \$)/.test(line) ? [line.trim()] : []))
}
