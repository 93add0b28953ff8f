import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'

/** One file on its way to the host; folders are made as needed. */
export interface PackedFile {
  readonly name: string
  readonly content: string | Uint8Array
  /** 0600 by default: what a release holds is nobody else's business. */
  readonly mode?: number
}

export interface Package {
  readonly content: Uint8Array
  /** Hex. */
  readonly sha256: string
}

/** Packs files into one gzipped tar, so that any number of them costs the same few round trips. */
export async function packFiles(files: readonly PackedFile[]): Promise<Package> {
  const tar = pack()
  for (const { name, content, mode = 0o600 } of files)
    tar.entry({ name, mode, mtime: new Date(0) }, typeof content === 'string' ? content : Buffer.from(content))
  tar.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of tar) chunks.push(chunk as Uint8Array)
  const content = gzipSync(Buffer.concat(chunks))
  return { content, sha256: createHash('sha256').update(content).digest('hex') }
}

/** As the program that opens a transaction reads it: a line with the transaction's name and the checksum, then the package. */
export function addressed(id: string, { content, sha256 }: Package): Uint8Array {
  return Buffer.concat([Buffer.from(`${id} ${sha256}\n`), content])
}
