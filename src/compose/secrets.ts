import { parseEnv } from 'node:util'

const SECRET_NAME = /pass|secret|token|key|credential|private|auth|dsn/i
/** `scheme://user:password@host`. */
const WITH_PASSWORD = /^[a-z][\w+.-]*:\/\/[^/@\s:]*:[^/@\s]+@/i

/**
 * The values of a dotenv text that must not be seen alone, as a failing container may print them: by their names, and
 * addresses with a password. All values would be too many: a log without each `80` and `shop` can't be read.
 */
export function secretValues(dotenv: string): readonly string[] {
  return Object.entries(parseEnv(dotenv)).flatMap(([name, value = '']) =>
    SECRET_NAME.test(name) || WITH_PASSWORD.test(value) ? [value] : [],
  )
}
