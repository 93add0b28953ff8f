import { simpleUser } from './people.ts'
import type { GitHubState } from './state.ts'

type Body = Readonly<Record<string, unknown>>

/** Two commits as GitHub compares them; undefined where one of them, or a common ancestor, is not there. */
export function comparison(state: GitHubState, basehead: string): Body | undefined {
  const [base = '', head = ''] = basehead.split('...')
  const [ofBase, ofHead] = [ancestry(state, base), ancestry(state, head)]
  if (ofBase === undefined || ofHead === undefined) return undefined
  const common = [...ofHead].find((commit) => ofBase.has(commit))
  if (common === undefined) return undefined
  const ahead = [...ofHead].filter((commit) => !ofBase.has(commit)).length
  const behind = [...ofBase].filter((commit) => !ofHead.has(commit)).length
  const page = `https://github.com/${state.repository}/compare/${basehead}`
  return {
    url: `${state.repositoryUrl}/compare/${basehead}`,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: commitBody(state, base),
    merge_base_commit: commitBody(state, common),
    status: ahead > 0 ? (behind > 0 ? 'diverged' : 'ahead') : behind > 0 ? 'behind' : 'identical',
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: [],
  }
}

/** A commit and everything that it stands on, nearest first. */
function ancestry({ commits }: GitHubState, commit: string): Set<string> | undefined {
  if (!commits.has(commit)) return undefined
  const found = new Set([commit])
  for (const each of found) for (const parent of commits.get(each) ?? []) found.add(parent)
  return found
}

function commitBody(state: GitHubState, sha: string): Body {
  const url = `${state.repositoryUrl}/commits/${sha}`
  return {
    url,
    sha,
    node_id: 'commit',
    html_url: `https://github.com/${state.repository}/commit/${sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${state.repositoryUrl}/git/commits/${sha}`,
      author: null,
      committer: null,
      message: 'Change the shop',
      comment_count: 0,
      tree: { sha, url: `${state.repositoryUrl}/git/trees/${sha}` },
    },
    author: simpleUser('octocat'),
    committer: simpleUser('octocat'),
    parents: (state.commits.get(sha) ?? []).map((parent) => ({
      sha: parent,
      url: `${state.repositoryUrl}/commits/${parent}`,
    })),
  }
}
