import type { Phase, PhaseName, Recording, Run, Sample } from '../../../scripts/demo/recording.mts'

/**
 * Requests a tenth of a second apart, written as what came back: `v1` a good answer of v1, `502` a status without a
 * version, `v2:502` one with it, `-` nothing.
 */
export function samples(text: string, start = 0): Sample[] {
  return text.split(' ').map((each, index) => {
    const [, version = null, status = version === null ? null : '200'] = /^(v\d+)?:?(\d+)?$/.exec(each) ?? []
    return { at: start + index * 100, ms: 20, status: status === null ? null : Number(status), version }
  })
}

export function phase(name: PhaseName, start: number, end: number, result: Phase['result'] = 'success'): Phase {
  return { name, start, end, result }
}

export function aRun(change: Partial<Run> = {}): Run {
  return {
    title: 'push of v2 to main',
    version: 'v2',
    host: 'staging',
    start: 0,
    end: 5000,
    result: 'success',
    outcome: 'confirmed',
    phases: [phase('build', 0, 1000), phase('prepare', 1000, 2000), phase('switch', 2000, 5000)],
    ...change,
  }
}

export function aRecording(change: Partial<Recording> = {}): Recording {
  return {
    startedAt: '2026-01-02T03:04:05.000Z',
    length: 8000,
    rate: 10,
    machine: '2 cores',
    hosts: [
      {
        name: 'staging',
        url: 'http://127.0.0.1:1',
        samples: samples(`${'v1 '.repeat(30)}- - - ${'v2 '.repeat(40)}v2`),
      },
      { name: 'production', url: 'http://127.0.0.1:2', samples: samples('- -') },
    ],
    runs: [aRun()],
    images: [],
    expectations: [],
    ...change,
  }
}
