/**
 * The whole pipeline on servers of its own: three releases of the sample shop and a rollback, told in the terminal, watched
 * from outside, and drawn on a page. Exits 0 only if everything came out as told.
 *
 *   npm run demo
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './bundle.mts'
import { renderPage } from './demo/report/page.mts'
import { Stage } from './demo/stage.mts'
import { tellStory } from './demo/story.mts'
import { formatClock, Terminal } from './demo/terminal.mts'

const introduction = `Estiba demo

A push, a tag and a button take a sample shop to staging, to production and back: three releases,
six workflow runs, on a registry and two servers that run in containers on this machine. It takes
about 5 minutes; the first time up to 15, when tools are installed and base images made.

act plays GitHub's runner and a double plays its API. act knows no approvals: on GitHub somebody is
asked before production, here nobody is. Ctrl-C takes everything down.
`

const report = join(root, 'report')
const logs = join(report, 'logs')
const page = join(report, 'index.html')
const start = performance.now()
const now = () => performance.now() - start

const terminal = new Terminal({ screen: process.stdout, env: process.env, now })
const code = await main(stopOnSignal())
terminal[Symbol.dispose]()
// At once: a program that could not be started leaves the timer of its timeout behind, and the process would wait for it.
process.exit(code)

async function main(signal: AbortSignal): Promise<number> {
  terminal.text(introduction)
  terminal.step('sets up a registry, staging and production')
  try {
    rmSync(report, { recursive: true, force: true })
    mkdirSync(logs, { recursive: true })
    await using stage = await Stage.open({ terminal, logs, signal })
    terminal.step(`staging is ${stage.url('staging')}, production is ${stage.url('production')}`)
    await play(stage)
    terminal.chapter('Takes everything down')
  } catch (error) {
    if (signal.aborted) return stopped()
    return failed(error)
  }
  terminal.expectation(true, 'The story came out as told.')
  where()
  return 0
}

/** Plays the story, and writes the page however it went. */
async function play(stage: Stage): Promise<void> {
  try {
    await tellStory(stage, terminal)
    writeReport(stage)
  } catch (error) {
    writeReport(stage, error instanceof Error ? error.message : String(error))
    throw error
  }
}

function writeReport(stage: Stage, failure?: string): void {
  const recording = stage.record(failure)
  writeFileSync(join(report, 'recording.json'), JSON.stringify(recording))
  writeFileSync(page, renderPage(recording))
}

function failed(error: unknown): number {
  terminal.text('')
  terminal.expectation(false, error instanceof Error ? error.message : String(error))
  where()
  return 1
}

function stopped(): number {
  terminal.expectation(false, 'Stopped before the end. Nothing is left running.')
  return 130
}

function where(): void {
  const path = (of: string): string => relative(process.cwd(), of)
  terminal.text('')
  if (existsSync(page)) terminal.text(`        Page    ${path(page)}`)
  terminal.text(`        Logs    ${path(logs)}`)
  terminal.text(`        Total   ${formatClock(now())}`)
}

/** Aborts at the first signal; at the second the process ends at once, and the next lab removes what is left. */
function stopOnSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130)
      terminal.text('')
      terminal.step('stops and takes everything down; once more ends at once')
      controller.abort(new Error(`Stopped by ${name}.`))
    })
  }
  return controller.signal
}
