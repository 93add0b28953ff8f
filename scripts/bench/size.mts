import { statSync } from 'node:fs'
import { join } from 'node:path'
import { actionNames, maxBundleBytes, root } from '../bundle.mts'
import type { Figure } from './figure.mts'

/** Bytes of each bundle, as committed. */
export function bundleSizes(): readonly Figure[] {
  return actionNames().map((name) => {
    const bytes = statSync(join(root, 'dist', name, 'index.js')).size
    return {
      what: `size of dist/${name}/index.js`,
      unit: 'bytes',
      n: 1,
      median: bytes,
      spread: [bytes, bytes],
      bar: maxBundleBytes,
      verdict: bytes <= maxBundleBytes ? 'met' : 'missed',
    }
  })
}
