/** What a check says of a release: good, bad, or that it could not tell. */
export type Verdict = 'good' | 'bad' | 'unknown'
