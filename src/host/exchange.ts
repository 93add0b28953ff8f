import type { EventEmitter } from 'node:events'
import { constants } from 'node:os'
import type { ClientChannel } from 'ssh2'
import type { Command } from '../command/command.ts'
import { Output } from '../command/output.ts'
import type { RunOptions } from './remote.ts'

export interface Exchange {
  /** Undefined when the server sent none. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** Hands out last lines that have no end; only whole output ends in one. */
  flush(): void
}

/** Sends stdin and takes output until the channel is closed, by the server or because the connection is gone. */
export async function exchange(
  channel: ClientChannel,
  stdin: Command['stdin'],
  options: RunOptions,
): Promise<Exchange> {
  let code: number | undefined
  channel.on('exit', (status: number | null, signal?: string) => {
    code = status ?? 128 + signalNumber(signal)
  })
  // A command may end without reading its stdin; its exit code tells what that means.
  channel.on('error', () => undefined)
  const stdout = new Output(options.onStdoutLine)
  const stderr = new Output(options.onStderrLine)
  channel.on('data', (chunk: Buffer) => {
    stdout.write(chunk)
  })
  channel.stderr.on('data', (chunk: Buffer) => {
    stderr.write(chunk)
  })
  const closed = Promise.all([end(channel), end(channel.stderr)])
  if (options.stdinLater === undefined) channel.end(stdin)
  else void options.stdinLater.then((later) => channel.end(later))
  await closed
  return {
    code,
    stdout: stdout.text(),
    stderr: stderr.text(),
    flush: () => {
      stdout.end()
      stderr.end()
    },
  }
}

function end(stream: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', () => {
      resolve()
    })
  })
}

/** Signals as a shell counts them, by ssh2's names; 127 is none, for those that this system does not know. */
function signalNumber(name = ''): number {
  return (constants.signals as Readonly<Record<string, number>>)[name] ?? 127
}
