import type { Deploy } from '../deploys.mts'
import type { Expectation, ImageComparison } from '../recording.mts'
import { html, type Html } from './html.mts'
import { outcomeClass } from './timeline.mts'
import { formatDuration, formatMoment, outcomeMark, slug } from './words.mts'

/** What was deployed where, what came of it, how long it took, and what visitors had of it. */
export function deployTable(deploys: readonly Deploy[]): Html {
  const rows = deploys.map(
    ({ number, run, start, end, downtime, sent, failed }) =>
      html`<tr>
        <td>${number}</td>
        <th scope="row"><a href="#${slug(run.host, number)}">${run.title}</a></th>
        <td>${run.version}</td>
        <td>${run.host}</td>
        <td class="outcome ${outcomeClass(run)}">${outcomeMark[run.outcome]} ${run.outcome}</td>
        <td class="n">${formatMoment(start)}</td>
        <td class="n">${formatDuration(run.end - run.start)}</td>
        <td class="n">${formatDuration(end - start)}</td>
        <td class="n">${failed === 0 ? 'none' : formatDuration(downtime)}</td>
        <td class="n">${failed} of ${sent}</td>
      </tr>`,
  )
  return scrolling(
    'Table of deploys',
    html`<table>
      <thead>
        <tr>
          <th scope="col">No.</th>
          <th scope="col">What somebody did</th>
          <th scope="col">Release</th>
          <th scope="col">Where</th>
          <th scope="col">What came of it</th>
          <th scope="col" class="n">Began</th>
          <th scope="col" class="n">Run</th>
          <th scope="col" class="n">On the host</th>
          <th scope="col" class="n">Down</th>
          <th scope="col" class="n">Requests failed</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  )
}

/** Which image each service ran on both hosts. */
export function imageTable(comparisons: readonly ImageComparison[]): Html {
  const rows = comparisons.flatMap(({ version, services }) =>
    services.map(
      ({ service, staging, production }) =>
        html`<tr>
          <td>${version}</td>
          <th scope="row">${service}</th>
          <td>${digest(staging)}</td>
          <td>${digest(production)}</td>
          <td>${staging === production ? '✓ the same' : '✕ another'}</td>
        </tr>`,
    ),
  )
  return scrolling(
    'Table of image digests',
    html`<table>
      <thead>
        <tr>
          <th scope="col">Release</th>
          <th scope="col">Service</th>
          <th scope="col">staging</th>
          <th scope="col">production</th>
          <th scope="col">Compared</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  )
}

function digest(text: string): Html {
  const short = /^sha256:([0-9a-f]{12})/.exec(text)?.[1]
  return short === undefined ? html`${text}` : html`<code title="${text}">${short}</code>`
}

/** Everything that had to be so, in the order in which it was checked. */
export function expectationList(expectations: readonly Expectation[]): Html {
  const items = expectations.map(
    ({ at, text, met, seen }) =>
      html`<li class="${met ? 'met' : 'missed'}">
        <span>${met ? '✓' : '✕'}</span> ${text}${!met && seen !== undefined ? `; seen: ${seen}` : ''}
        <small>${formatMoment(at)}</small>
      </li>`,
  )
  return html`<ol class="expectations">
    ${items}
  </ol>`
}

function scrolling(name: string, table: Html): Html {
  return html`<div class="scrolling" role="region" aria-label="${name}" tabindex="0">${table}</div>`
}
