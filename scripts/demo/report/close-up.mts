import { findOutages, findVersions } from '../availability.mts'
import type { Deploy } from '../deploys.mts'
import type { Phase } from '../recording.mts'
import { html, type Html } from './html.mts'
import { latencyDots } from './latency.mts'
import { gridStyle, position, round, spanStyle, ticks, type TimeScale } from './scale.mts'
import { outcomeClass, versionClass } from './timeline.mts'
import { formatDuration, outcomeMark, slug } from './words.mts'

/** One deploy in its phases, with what visitors saw meanwhile. `length`: how much time is drawn, alike for all of them. */
export function closeUp(deploy: Deploy, length: number): Html {
  const { number, run, phases, start } = deploy
  const scale = { start: start - 2000, end: start - 2000 + length }
  const seconds = ticks({ start: -2000, end: length - 2000 }, 8)
  const outages = findOutages(deploy.samples, deploy.end + 2000)
  return html`<figure
    id="${slug(run.host, number)}"
    style="${gridStyle(
      scale,
      seconds.map((at) => start + at),
    )}"
  >
    <figcaption>
      <b class="number">${number}</b> <strong>${run.title}</strong>
      <span class="outcome ${outcomeClass(run)}">${outcomeMark[run.outcome]} ${run.outcome}</span
      ><small>${cost(deploy)}</small>
    </figcaption>
    <div class="phases">
      ${outages.map(({ start: from, end }) => html`<i class="shade" style="--from:${position(scale, from)};--to:${position(scale, end)}"></i>`)}
      ${phases.map((phase) => phaseRow(scale, phase))}
    </div>
    <div class="row requests">
      <span>requests</span>
      <div class="track">${latencyDots(scale, deploy.samples)}</div>
    </div>
    <div class="row versions">
      <span>version</span>
      <div class="track">
        ${findVersions(deploy.samples).map(
          ({ version, start: from, end }) =>
            html`<i class="version ${versionClass(version)}" style="${spanStyle(scale, from, end)}">${version}</i>`,
        )}
      </div>
    </div>
    <div class="row axis">
      <span></span>
      <div class="track">
        ${seconds.map((at) => html`<span style="left:${position(scale, start + at)}%">${at / 1000} s</span>`)}
      </div>
    </div>
  </figure>`
}

function phaseRow(scale: TimeScale, { name, start, end, result }: Phase): Html {
  const after = position(scale, end)
  const side = after > 82 ? `right:${round(100 - position(scale, start))}%` : `left:${after}%`
  const mark = result === 'failure' ? ' ✕ red' : ''
  return html`<div class="row">
    <span>${name}</span>
    <div class="track">
      <i class="phase ${result}" style="${spanStyle(scale, start, end)}"></i
      ><b style="${side}">${formatDuration(end - start)}${mark}</b>
    </div>
  </div>`
}

/** What the deploy cost visitors, as a sentence. */
export function cost({ first, sent, failed, downtime }: Deploy): string {
  const those = `${failed} of ${sent} requests`
  if (first && failed === 0) return 'Nothing was there before it. No request failed since the first good answer.'
  if (failed === 0) return `Visitors noticed nothing: none of ${sent} requests failed.`
  return `Visitors saw it down for ${formatDuration(downtime)}: ${those} failed.`
}
