import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { checkHost } from '../../src/preflight/check.ts'
import type { Demand } from '../../src/preflight/demand.ts'
import { observe } from '../../src/stack/observe.ts'
import { type Circumstances, LocalRemote } from './local-remote.ts'

const nothing: Demand = { images: [], ports: [], memory: [] }

/** A place for a stack on this machine, which is looked at under circumstances. */
export class Ground {
  /** Stands for `/srv`: everybody may write there. */
  readonly folder = mkdtempSync(join(tmpdir(), 'estiba-preflight-'))
  readonly stack: { readonly name: string; readonly path: string }
  /** A user who may have a crontab and has none, whatever this machine has: the folder of that program. */
  readonly cron: string

  constructor(name: string) {
    mkdirSync(join(this.folder, 'srv'))
    chmodSync(this.folder, 0o755)
    chmodSync(join(this.folder, 'srv'), 0o777)
    this.stack = { name, path: join(this.folder, 'srv/shop') }
    this.cron = this.fake('crontab', "echo 'no crontab for ana' >&2; exit 1")
  }

  /** Makes a program that stands before the real one; returns its folder. */
  fake(program: string, text: string): string {
    const bin = join(this.folder, `bin-${program}`)
    mkdirSync(bin, { recursive: true })
    writeFileSync(join(bin, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    return bin
  }

  /**
   * What a deploy is told: `ready`, or why not. Whatever it is, nothing has changed on the way; `warnings` come with it.
   * The names of this test's folders are written as `/srv`.
   */
  async verdict(circumstances: Circumstances = {}, demand: Demand = nothing): Promise<string> {
    const before = this.#inventory()
    const message = await this.#check(circumstances, demand)
    expect(this.#inventory()).toEqual(before)
    return message
      .replaceAll(`${this.folder}/srv`, '/srv')
      .replaceAll(this.folder, '/folder')
      .replaceAll(this.stack.name, 'shop')
  }

  async #check(circumstances: Circumstances, demand: Demand): Promise<string> {
    await using remote = new LocalRemote({ ...circumstances, bin: [...(circumstances.bin ?? []), this.cron] })
    try {
      const observation = await observe(remote, this.stack)
      const warnings = checkHost(observation, { stack: this.stack, host: 'deploy@web1', demand })
      return ['ready', ...warnings.map((text) => `warning: ${text}`)].join('\n')
    } catch (error) {
      return String(error).replace('deploy@web1 is not ready; nothing was changed:\n', '')
    }
  }

  /** Every file with its owner, rights and content. */
  #inventory(): readonly string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => {
        const path = join(this.folder, name)
        const { mode, uid, size } = lstatSync(path)
        return [name, mode.toString(8), uid, lstatSync(path).isFile() ? readFileSync(path, 'utf8') : size].join(' ')
      })
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
