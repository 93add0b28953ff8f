import { expect, test } from 'vitest'
import { allPorts, layOutPorts, servicePorts } from '../../support/lab/ports.ts'

test('a lab takes 25 ports in a row, each once', () => {
  const ports = allPorts(layOutPorts(20_032))
  expect(ports).toHaveLength(1 + 2 * (1 + servicePorts.length))
  expect(ports).toEqual(Array.from({ length: 25 }, (_, index) => 20_032 + index))
})

test('services keep the port that they have inside as their name', () => {
  const { staging, production } = layOutPorts(20_032)
  expect(staging).toMatchObject({ ssh: 20_033, services: { 80: 20_034, 8080: 20_035, 8089: 20_044 } })
  expect(production).toMatchObject({ ssh: 20_045, services: { 80: 20_046, 8089: 20_056 } })
})
