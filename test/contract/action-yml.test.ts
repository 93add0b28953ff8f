import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../../scripts/bundle.mts'
import { documentedActions, readMetadata } from '../../scripts/documents.mts'
import { InputReader } from '../../src/runner/inputs.ts'

interface InputsModule {
  readonly readInputs: (input: InputReader) => unknown
}

/** What a read of the inputs asked for, when each has the value that `answer` gives it. */
async function namesRead(action: string, answer: (name: string) => string): Promise<readonly string[]> {
  const { readInputs } = (await import(join(root, 'actions', action, 'inputs.ts'))) as InputsModule
  const names = new Set<string>()
  const get = (name: string): string => {
    names.add(name)
    return answer(name)
  }
  readInputs(new InputReader(get, () => undefined))
  return [...names]
}

/** The code of an action that is its own, without what it shares. */
function sourceOf(action: string): string {
  return globSync(`actions/${action}/*.ts`, { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
}

test('there are actions to look at', () => {
  expect(documentedActions()).toContain('build-and-push')
})

describe.each(documentedActions())('%s', (action) => {
  const { name, description, inputs = {}, outputs = {}, runs } = readMetadata(action)

  test('declares exactly the inputs that it reads', async () => {
    const unanswered = await namesRead(action, () => '')
    const defaulted = await namesRead(action, (input) => String(inputs[input]?.default ?? ''))
    const answered = await namesRead(action, (input) => String(inputs[input]?.default ?? 'x'))
    const read = new Set([...unanswered, ...defaulted, ...answered])
    expect([...read].sort()).toEqual(Object.keys(inputs).sort())
  })

  test('says which inputs are required, and gives those no default', () => {
    const contradicting = Object.entries(inputs).filter(
      ([, input]) => input?.required === true && input.default !== undefined,
    )
    expect(contradicting).toEqual([])
  })

  test('hands on each output that it declares', () => {
    const source = sourceOf(action)
    const key = (output: string) => new RegExp(`(?<![\\w-])${output}['"]?\\s*(?:[:,}]|\\()`)
    expect(Object.keys(outputs).filter((output) => !key(output).test(source))).toEqual([])
  })

  test('runs on Node 24, from the bundle of its own name', () => {
    expect(runs.using).toBe('node24')
    for (const file of [runs.main, runs.post ?? runs.main]) {
      expect(resolve(root, 'actions', action, file)).toBe(join(root, 'dist', action, 'index.js'))
      expect(existsSync(resolve(root, 'actions', action, file))).toBe(true)
    }
  })

  test('has a post step exactly when its code has one', () => {
    const main = readFileSync(join(root, 'actions', action, 'main.ts'), 'utf8')
    expect(/\bpost\b\s*[:,(}]/.test(main)).toBe(runs.post !== undefined)
  })

  test('is described in whole sentences', () => {
    const described = [...Object.entries(inputs), ...Object.entries(outputs)]
    expect(name).toMatch(/^[A-Z]/)
    expect(description).toMatch(/\.$/)
    expect(
      described.filter(([, thing]) => !/[.`)]$/.test(thing?.description?.trim() ?? '')).map(([key]) => key),
    ).toEqual([])
  })
})
