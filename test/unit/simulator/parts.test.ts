import { describe, expect, test } from 'vitest'
import { shellWords } from '../../simulator/effects/interpret.ts'
import { Disk } from '../../simulator/host/disk.ts'
import type { Container, Policy } from '../../simulator/host/container.ts'
import { Engine } from '../../simulator/host/engine.ts'
import { Lock } from '../../simulator/host/lock.ts'
import { Kernel, type Run, Signal } from '../../simulator/kernel.ts'

describe('the disk', () => {
  test('loses what was not synced: texts, and names', () => {
    const disk = new Disk()
    disk.write('a/text', 'one')
    disk.sync('a/text')
    disk.syncFolder('a')
    disk.write('a/text', 'two')
    disk.write('a/name', 'there')
    disk.sync('a/name')
    disk.cutOff('lost')
    expect([disk.read('a/text'), disk.read('a/name')]).toEqual(['one', undefined])
  })

  test('loses a rename whose folder was not synced', () => {
    const disk = new Disk()
    disk.write('link', 'old')
    disk.syncAll()
    disk.write('new', 'new')
    disk.sync('new')
    disk.rename('new', 'link')
    expect(disk.read('link')).toBe('new')
    disk.cutOff('lost')
    expect(disk.read('link')).toBe('old')
  })

  test('tears what was appended', () => {
    const disk = new Disk()
    disk.append('journal', '1 one\n')
    disk.syncAll()
    disk.append('journal', '2 two\n')
    disk.cutOff('torn')
    expect(disk.read('journal')).toBe('1 one\n2 t')
  })

  test('loses a folder with all that is in it', () => {
    const disk = new Disk()
    disk.makeFolder('tx')
    disk.write('tx/file', 'text')
    disk.sync('tx/file')
    disk.syncFolder('tx')
    disk.cutOff('lost')
    expect(disk.has('tx/file')).toBe(false)
  })

  test('takes nothing when it is full, but what was set free', () => {
    const disk = new Disk()
    disk.append('journal', 'one\n')
    disk.isFull = true
    expect(disk.append('journal', 'two\n')).toBe(false)
    disk.room = 4
    expect([disk.append('journal', 'two\n'), disk.append('journal', 'x')]).toEqual([true, false])
    expect(disk.read('journal')).toBe('one\ntwo\n')
  })
})

describe('the engine', () => {
  const container = (policy: Policy, change: Partial<Container> = {}): Container => ({
    id: policy,
    service: 'api',
    labels: {},
    image: '',
    conduct: { healthyAfter: 1, endsAfter: Infinity },
    isOneOff: false,
    stopTakes: 1,
    policy,
    status: 'running',
    isStoppedByHand: false,
    hasCompleted: false,
    isStopping: false,
    restarts: 0,
    startedAt: 0,
    life: 1,
    ...change,
  })
  const started = (strike: (engine: Engine) => void, ...containers: readonly Container[]): readonly string[] => {
    const kernel = new Kernel()
    const engine = new Engine(kernel, new Disk())
    engine.containers.push(...containers)
    strike(engine)
    kernel.runUntil(20)
    return engine.containers.filter(({ status }) => status === 'running').map(({ id }) => id)
  }
  const policies = ['no', 'on-failure', 'unless-stopped', 'always'] as const

  test.each([
    [
      'told to end and started again',
      (engine: Engine) => {
        engine.terminate(2)
      },
      ['unless-stopped', 'always'],
    ],
    [
      'killed and started again',
      (engine: Engine) => {
        engine.crash(2)
      },
      ['always'],
    ],
  ])('%s', (_, strike, expected) => {
    expect(started(strike, ...policies.map((policy) => container(policy)))).toEqual(expected)
  })

  test('starts a stopped `always` container again, and none that never ran', () => {
    const stopped = container('always', { status: 'exited', isStoppedByHand: true })
    const created = container('always', { id: 'created', status: 'created', life: 0 })
    const byHand = container('unless-stopped', { status: 'exited', isStoppedByHand: true })
    expect(
      started(
        (engine) => {
          engine.terminate(2)
        },
        stopped,
        created,
        byHand,
      ),
    ).toEqual(['always'])
  })

  test('goes on with a stop whose asker died, and takes a start meanwhile for done', () => {
    const kernel = new Kernel()
    const engine = new Engine(kernel, new Disk())
    const worker = container('no', { stopTakes: 3 })
    engine.containers.push(worker)
    const asker = kernel.spawn(
      'effect',
      (function* (): Run<number> {
        return (yield* engine.ask(engine.stop(worker))) ? 0 : 1
      })(),
    )
    kernel.runUntil(0.5)
    kernel.kill(asker)
    kernel.spawn(
      'effect',
      (function* (): Run<number> {
        return (yield* engine.ask(engine.start(worker))) ? 0 : 1
      })(),
    )
    kernel.runUntil(5)
    expect(worker.status).toBe('exited')
  })
})

describe('processes', () => {
  test('a lock is free when the last who inherited it has gone', () => {
    const kernel = new Kernel()
    const lock = new Lock(kernel)
    kernel.onStart = (process) => {
      lock.inherit(process)
    }
    kernel.onExit = (process) => {
      lock.close(process)
    }
    const gate = new Signal()
    const agent = kernel.spawn(
      'agent',
      (function* (): Run<number> {
        lock.take()
        kernel.spawn('effect', waiting())
        yield gate
        return 0
      })(),
    )
    function* waiting(): Run<number> {
      yield 3
      return 0
    }
    kernel.runUntil(1)
    kernel.kill(agent)
    expect(lock.isHeld).toBe(true)
    kernel.runUntil(4)
    expect(lock.isHeld).toBe(false)
  })

  test('a wait ends with the signal or with its time, whichever is first', () => {
    const kernel = new Kernel()
    const signal = new Signal()
    const woken: number[] = []
    kernel.spawn(
      'effect',
      (function* (): Run<number> {
        yield { signals: [signal], seconds: 5 }
        woken.push(kernel.now)
        yield { signals: [signal], seconds: 5 }
        woken.push(kernel.now)
        return 0
      })(),
    )
    kernel.at(2, () => {
      kernel.fire(signal)
    })
    kernel.runUntil(20)
    expect(woken).toEqual([2, 7])
  })
})

test('the words of a plan are taken apart as a shell does', () => {
  expect(shellWords("run_once api 'npm run' it''s")).toEqual(['run_once', 'api', 'npm run', 'its'])
})
