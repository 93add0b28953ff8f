/** A user as GitHub's API shows one. */
export function simpleUser(login: string): Readonly<Record<string, unknown>> {
  const url = `https://api.github.com/users/${login}`
  return {
    login,
    id: 1,
    node_id: 'user',
    avatar_url: `https://avatars.githubusercontent.com/${login}`,
    gravatar_id: '',
    url,
    html_url: `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following`,
    gists_url: `${url}/gists`,
    starred_url: `${url}/starred`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    received_events_url: `${url}/received_events`,
    type: 'User',
    site_admin: false,
  }
}
