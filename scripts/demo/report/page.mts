import { readFileSync } from 'node:fs'
import { findDeploys, availability, type Deploy } from '../deploys.mts'
import type { HostRecording, Recording } from '../recording.mts'
import { closeUp } from './close-up.mts'
import { html, Html } from './html.mts'
import { deployTable, expectationList, imageTable } from './tables.mts'
import { timeline } from './timeline.mts'
import { formatDuration, formatMoment, formatShare } from './words.mts'

/** The report as one file: no script, no network, nothing beside it. */
export function renderPage(recording: Recording): string {
  const deploys = findDeploys(recording)
  const css = new Html(readFileSync(new URL('page.css', import.meta.url), 'utf8'))
  const length = Math.max(10_000, ...deploys.map(({ start, end }) => end - start + 4000))
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>Estiba demo: ${recording.failure === undefined ? 'as told' : 'not as told'}</title>
      <style>
        ${css}
      </style>
      <main>
        ${header(recording, deploys)}
        <section aria-labelledby="line">
          <h2 id="line">The line of time</h2>
          <p>
            Minutes since the beginning, on one axis. A line of latency is the median of a second, the area above it
            reaches to the 95th percentile.
          </p>
          ${timeline(recording, deploys)}
        </section>
        <section aria-labelledby="deploys">
          <h2 id="deploys">Deploys</h2>
          ${deployTable(deploys)}
        </section>
        <section aria-labelledby="close">
          <h2 id="close">Each deploy, close up</h2>
          <p>
            Seconds since the deploy reached the host, drawn alike for all. A dot is a request that was answered well,
            at the height of its latency; a red stroke is one that failed.
          </p>
          <div class="figures">${deploys.map((deploy) => closeUp(deploy, length))}</div>
        </section>
        <section aria-labelledby="images">
          <h2 id="images">Built once</h2>
          <p>The images that ran when a release had reached production, as both engines name them.</p>
          ${imageTable(recording.images)}
        </section>
        <section aria-labelledby="checked">
          <h2 id="checked">What was checked</h2>
          ${expectationList(recording.expectations)}
        </section>
        ${method(recording)}
      </main>
    </html> `.text
}

function header(recording: Recording, deploys: readonly Deploy[]): Html {
  const { failure, hosts, length, startedAt } = recording
  const worst = deploys.reduce((most, { downtime }) => Math.max(most, downtime), 0)
  const facts = [
    ...hosts.map((host) => [`${host.name} answered`, answered(host)]),
    ['longest time down in a deploy', formatDuration(worst)],
    ['the story took', formatMoment(length)],
  ]
  return html`<header>
    <p class="kicker">Estiba demo, ${startedAt.slice(0, 16).replace('T', ' ')} UTC</p>
    <h1>${failure === undefined ? 'The story came out as told.' : 'The story did not come out as told.'}</h1>
    ${failure === undefined ? html`` : html`<p class="failure">${failure}</p>`}
    <p class="lead">
      ${summary(deploys)} A visitor asked each site ${recording.rate} times a second through all of it; this page shows
      what came back. Services are replaced stop-first, so a deploy still takes the site down for some seconds, and the
      plan says so beforehand.
    </p>
    <dl class="facts">
      ${facts.map(
        ([name = '', value = '']) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </header>`
}

function summary(deploys: readonly Deploy[]): string {
  const count = (outcome: string): number => deploys.filter(({ run }) => run.outcome === outcome).length
  const parts = [
    `${count('confirmed')} confirmed`,
    `${count('gone back')} gone back by itself`,
    `${count('rolled back')} rolled back by hand`,
    ...(count('failed') > 0 ? [`${count('failed')} failed`] : []),
  ]
  return `${deploys.length} deploys of a sample shop: ${parts.join(', ')}.`
}

function answered(host: HostRecording): string {
  const share = availability(host)
  return share === undefined ? 'never' : formatShare(share)
}

function method({ rate, machine }: Recording): Html {
  return html`<section aria-labelledby="method">
    <h2 id="method">How it was measured</h2>
    <p>
      The prober asks for the shop's front page, for which nginx, the frontend, the API and the database must work
      together: ${rate} requests a second, each on a connection of its own, each leaving at its time whether or not the
      last one was answered. Whatever is not a 200 within 2 seconds has failed. A site is down from the first request
      that failed until the next one that did not; what happened between two requests can't be seen. Counting begins
      with the first good answer of a host. Versions are those of the header X-Version.
    </p>
    <p>
      Everything ran on one machine with ${machine}: the runner with its builds, both servers and the prober took time
      from each other, which shows in the latencies and in how long things took. The callers of workflows-templates ran
      under act, with a double of GitHub's API. act knows no approvals, so nobody was asked before production.
    </p>
  </section>`
}
