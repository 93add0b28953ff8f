import {
  bucketize,
  findOutages,
  findVersions,
  inOrder,
  type Outage,
  percentile,
  sinceFirstAnswer,
  succeeded,
} from '../availability.mts'
import { availability, type Deploy } from '../deploys.mts'
import type { HostRecording, Recording, Run } from '../recording.mts'
import { html, type Html } from './html.mts'
import { latencyLines } from './latency.mts'
import { gridStyle, position, spanStyle, ticks, type TimeScale } from './scale.mts'
import { formatCount, formatDuration, formatMoment, formatShare, outcomeMark, resultWord, slug } from './words.mts'

/** The whole story on one axis: the runs, and for each host its deploys, versions, failed requests and latency. */
export function timeline(recording: Recording, deploys: readonly Deploy[]): Html {
  const scale = { start: 0, end: recording.length }
  const marks = ticks(scale, 12)
  const hosts = recording.hosts.map((host) => hostLanes(scale, host, recording, deploys))
  return html`<div class="lanes" style="${gridStyle(scale, marks)}">
    ${lane(
      'Runs',
      'runs',
      recording.runs.map((run, index) => runBar(scale, run, index + 1, deploys)),
    )}
    ${hosts}
    ${lane(
      '',
      'axis',
      marks.map((at) => html`<span style="left:${position(scale, at)}%">${formatMoment(at)}</span>`),
    )}
  </div>`
}

function hostLanes(scale: TimeScale, host: HostRecording, { length }: Recording, deploys: readonly Deploy[]): Html {
  const samples = inOrder(host.samples)
  const counted = sinceFirstAnswer(samples)
  const outages = findOutages(counted, length)
  const here = deploys.filter(({ run }) => run.host === host.name)
  const before = counted[0]?.at ?? length
  return html`<h3>${host.name}<small>${describeHost(host, outages, here)}</small></h3>
    ${lane(
      'Deploys',
      'deploys',
      here.map((deploy) => deployBar(scale, deploy)),
    )}
    ${lane('Version', 'versions', [
      html`<i class="nothing" style="${spanStyle(scale, 0, before)}">nothing there yet</i>`,
      ...findVersions(counted).map(
        ({ version, start, end }) =>
          html`<i
            class="version ${versionClass(version)}"
            style="${spanStyle(scale, start, end)}"
            title="${version} answers from ${formatMoment(start)} to ${formatMoment(end)}"
            >${version}</i
          >`,
      ),
    ])}
    ${lane('Failed', 'outages', [
      html`<i class="served" style="${spanStyle(scale, before, length)}"></i>`,
      ...outages.map(
        ({ start, end, failed }) =>
          html`<i
            class="outage"
            style="${spanStyle(scale, start, end)}"
            title="${formatMoment(start)}: ${failed} requests failed in a row, down for ${formatDuration(end - start)}"
          ></i>`,
      ),
    ])}
    ${lane('Latency', 'latency', [latencyLines(scale, bucketize(counted, 1000))])}`
}

/** What visitors had of a host, in two or three sentences. */
function describeHost(host: HostRecording, outages: readonly Outage[], deploys: readonly Deploy[]): string {
  const share = availability(host)
  if (share === undefined) return 'It never answered.'
  const good = sinceFirstAnswer(inOrder(host.samples)).filter(succeeded)
  const failed = outages.reduce((sum, outage) => sum + outage.failed, 0)
  const down = outages.reduce((sum, { start, end }) => sum + end - start, 0)
  const sent = formatCount(good.length + failed)
  const answered =
    failed === 0
      ? `All of ${sent} requests answered.`
      : `${formatShare(share)} of ${sent} requests answered; down for ${formatDuration(down)} in all.`
  const blamed = deploys.reduce((sum, deploy) => sum + deploy.failed, 0)
  const others = failed > blamed ? ` ${formatCount(failed - blamed)} requests failed while nothing was deployed.` : ''
  return `${answered}${others} Median latency ${percentile(good, 0.5) ?? 0} ms, 95th percentile ${percentile(good, 0.95) ?? 0} ms.`
}

function lane(name: string, kind: string, content: readonly Html[]): Html {
  return html`<div class="lane ${kind}">
    <span class="name">${name}</span>
    <div class="track">${content}</div>
  </div>`
}

function runBar(scale: TimeScale, run: Run, number: number, deploys: readonly Deploy[]): Html {
  const deploy = deploys.find((each) => each.run === run)
  const text = `${run.title}, ${resultWord[run.result]}, ${run.outcome}, ${formatDuration(run.end - run.start)}`
  const bar = html`<b>${number}</b> <span>${run.title}</span>`
  const attributes = html`class="run ${outcomeClass(run)}" style="${spanStyle(scale, run.start, run.end)}"
  title="${text}"`
  if (deploy === undefined) return html`<i ${attributes}>${bar}</i>`
  return html`<a ${attributes} href="#${slug(run.host, deploy.number)}" aria-label="${number}: ${text}">${bar}</a>`
}

function deployBar(scale: TimeScale, { run, phases, start, end }: Deploy): Html {
  const parts = phases.map(
    (phase) =>
      html`<i
        class="phase ${phase.result}"
        style="${spanStyle(scale, phase.start, phase.end)}"
        title="${phase.name}, ${formatDuration(phase.end - phase.start)}, ${resultWord[phase.result]}"
      ></i>`,
  )
  const label = `${outcomeMark[run.outcome]} ${run.outcome}`
  return html`${parts}<em class="${outcomeClass(run)}" style="${spanStyle(scale, start, end)}">${label}</em>`
}

export const outcomeClass = ({ outcome }: Run): string => outcome.replaceAll(' ', '-')

/** Versions keep their tint on the whole page. */
export function versionClass(version: string): string {
  return `v${Number(/\d+/.exec(version)?.[0] ?? 0) % 4}`
}
