import { expect, test } from 'vitest'
import { availability, findDeploys } from '../../../scripts/demo/deploys.mts'
import { aRecording, aRun, phase, samples } from './samples.ts'

const staging = (text: string, start = 0) => [
  { name: 'staging' as const, url: 'http://127.0.0.1:1', samples: samples(text, start) },
]

test('A deploy begins where the host is first touched, and costs what failed from there on', () => {
  const [deploy] = findDeploys(aRecording())
  expect(deploy).toMatchObject({ number: 1, start: 1000, end: 5000, downtime: 300, failed: 3, sent: 60, first: false })
  expect(deploy?.phases.map(({ name }) => name)).toEqual(['prepare', 'switch'])
})

test('What failed before a deploy is not put down to it', () => {
  const [deploy] = findDeploys(aRecording({ hosts: staging(`v1 - - ${'v1 '.repeat(20)}v1`) }))
  expect(deploy).toMatchObject({ downtime: 0, failed: 0 })
})

test('The first deploy of a host is not blamed for the time before there was anything', () => {
  const [deploy] = findDeploys(aRecording({ hosts: staging(`${'- '.repeat(30)}v1 - v1`) }))
  expect(deploy).toMatchObject({ first: true, downtime: 100, failed: 1, sent: 3 })
})

test('A deploy on which the site never answered cost nothing that could be counted', () => {
  expect(findDeploys(aRecording({ hosts: staging('- - -') }))[0]).toMatchObject({ first: true, sent: 0, failed: 0 })
})

test('A run that ends before it reaches the host is no deploy', () => {
  expect(findDeploys(aRecording({ runs: [aRun({ phases: [phase('lint', 0, 9)] })] }))).toEqual([])
})

test('Availability counts from the first good answer', () => {
  const [of] = staging('- - v1 - v1 v1')
  expect(of && availability(of)).toBe(0.75)
  expect(availability({ name: 'staging', url: '', samples: samples('- 502') })).toBeUndefined()
})
