import { simpleUser } from './people.ts'
import type { GitHubState } from './state.ts'

const LINKS = [
  'archive',
  'assignees',
  'blobs',
  'branches',
  'collaborators',
  'comments',
  'commits',
  'compare',
  'contents',
  'contributors',
  'deployments',
  'downloads',
  'events',
  'forks',
  'git_commits',
  'git_refs',
  'git_tags',
  'hooks',
  'issue_comment',
  'issue_events',
  'issues',
  'keys',
  'labels',
  'languages',
  'merges',
  'milestones',
  'notifications',
  'pulls',
  'releases',
  'stargazers',
  'statuses',
  'subscribers',
  'subscription',
  'tags',
  'teams',
  'trees',
]

/** The repository as GitHub's API shows it inside other things. */
export function repositoryBody({ repository, repositoryUrl }: GitHubState): Readonly<Record<string, unknown>> {
  const [owner = '', name = ''] = repository.split('/')
  return {
    id: 1,
    node_id: 'repository',
    name,
    full_name: repository,
    owner: simpleUser(owner),
    private: true,
    fork: false,
    description: null,
    html_url: `https://github.com/${repository}`,
    url: repositoryUrl,
    ...Object.fromEntries(LINKS.map((link) => [`${link}_url`, `${repositoryUrl}/${link}`])),
  }
}
