import { githubClient } from '../../../src/runner/github-client.ts'
import type { GitHub } from '../../../src/runner/github.ts'
import type { GitHubDouble } from './double.ts'

/** The real client with the double behind it. It never pauses between attempts. */
export function clientOf({ url, repository }: GitHubDouble): GitHub {
  const { signal } = new AbortController()
  return githubClient({ token: 'token', repository, apiUrl: url, signal, sleep: () => Promise.resolve() })
}
