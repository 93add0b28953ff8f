import type { Check } from './check.ts'

/** Headers whose value lets somebody in. Others are not masked: a masked `1` or `application/json` would garble the log. */
const KEEPS_A_SECRET = /auth|cookie|key|password|secret|session|signature|token/i

/** What a check sends that must not turn up in the log, not even when the site sends it back. */
export function secretsOf({ send }: Check): readonly string[] {
  return Object.entries(send)
    .filter(([name]) => KEEPS_A_SECRET.test(name))
    .flatMap(([, value]) => [value, value.replace(/^(?:Bearer|Basic|Token)\s+/i, '')])
}
