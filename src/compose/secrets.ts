import type { InputReader } from '../runner/inputs.ts'
import { type Env, parseDotenv } from './dotenv.ts'

const SECRET_NAME = /pass|secret|token|key|credential|private|auth|dsn/i
/** `scheme://user:password@host`. */
const WITH_PASSWORD = /^[a-z][\w+.-]*:\/\/[^/@\s:]*:[^/@\s]+@/i
/** What `AUTH_ENABLED` or `KEY_LIFETIME` hold. A log and outputs without each `true` can't be read. */
const NO_SECRET = /^(?:true|false|null|none|yes|no|on|off|enabled|disabled|\d{1,5}[a-z]{0,2})$/i

/**
 * The values that must not be seen alone, as a failing container may print them: by their names, and addresses with a
 * password. All values would be too many: a log without each `80` and `shop` can't be read.
 */
export function secretValues(env: Env): readonly string[] {
  return [...env].flatMap(([name, value]) =>
    (SECRET_NAME.test(name) && !NO_SECRET.test(value)) || WITH_PASSWORD.test(value) ? [value] : [],
  )
}

/** Reads the input `env`, dotenv text, and masks the text and the secrets in it. */
export function readEnv(input: InputReader): Env {
  const env = parseDotenv(input.optionalSecret('env') ?? '')
  if (typeof env === 'string') {
    for (const problem of env.split('\n')) input.problem('env', problem)
    return new Map()
  }
  for (const secret of secretValues(env)) input.mask(secret)
  return env
}
