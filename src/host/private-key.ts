import { createPrivateKey } from 'node:crypto'
// CommonJS whose names Node can't see from outside.
import ssh2, { type ParsedKey } from 'ssh2'

/**
 * Reads a private key in OpenSSH or PEM format as people paste it into a secret: with CRLF, without the last newline.
 * Returns the problem as a string when it can't; the problem never quotes the key.
 */
export function parsePrivateKey(text: string, passphrase?: string): ParsedKey | string {
  const key = `${text.replace(/\r\n?/g, '\n').trim()}\n`
  const mistake = usualMistake(key)
  if (mistake !== undefined) return mistake
  return key.startsWith('-----BEGIN OPENSSH ') ? parseOpenSsh(key, passphrase) : parsePem(key, passphrase)
}

/** What is often pasted instead of a private key. */
function usualMistake(key: string): string | undefined {
  if (key.startsWith('PuTTY-User-Key-File')) {
    return 'is a PuTTY key; convert it with `puttygen key.ppk -O private-openssh -o key` and paste the new file'
  }
  if (/^(?:ssh-|ecdsa-|sk-|-----BEGIN [A-Z ]*PUBLIC KEY|---- BEGIN SSH2 PUBLIC)/.test(key)) {
    return 'is a public key; paste the private one, the file without .pub'
  }
  if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) {
    return 'is not a private key; paste the whole file, which begins with -----BEGIN OPENSSH PRIVATE KEY-----'
  }
  if (!/^-----BEGIN [A-Z ]+-----\n[^]+\n-----END [A-Z ]+-----\n$/.test(key)) {
    return 'has lost its line breaks or its last line; paste the file as it is, over several lines'
  }
  return undefined
}

const NO_PASSPHRASE = 'is encrypted and ssh-key-passphrase is not set; set it, or use a key of its own for deploys'
const WRONG_PASSPHRASE = 'is encrypted and ssh-key-passphrase does not open it; see that the two belong together'
const DAMAGED = 'is damaged; see that `ssh-keygen -y -f key` reads the file, and paste it again'

function parseOpenSsh(key: string, passphrase: string | undefined): ParsedKey | string {
  const encrypted = isEncrypted(key)
  if (encrypted && passphrase === undefined) return NO_PASSPHRASE
  const parsed: unknown = ssh2.utils.parseKey(key, encrypted ? passphrase : undefined)
  // It gives a list for this format, whatever its types say.
  const first = Array.isArray(parsed) ? (parsed as unknown[])[0] : parsed
  if (first instanceof Error) return encrypted ? WRONG_PASSPHRASE : DAMAGED
  return first as ParsedKey
}

/** The name of the cipher is the first string after the magic (openssh/PROTOCOL.key). */
function isEncrypted(key: string): boolean {
  const magic = 'openssh-key-v1\0'
  const body = Buffer.from(key.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64')
  return body.length > magic.length + 8 && body.toString('latin1', magic.length + 4, magic.length + 8) !== 'none'
}

/** PKCS#1, SEC1 and PKCS#8, encrypted or not, go through Node, which says by codes what is wrong. */
function parsePem(key: string, passphrase: string | undefined): ParsedKey | string {
  const encrypted = /ENCRYPTED/.test(key)
  if (encrypted && passphrase === undefined) return NO_PASSPHRASE
  try {
    const read = createPrivateKey({ key, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
    const type = FORMATS[read.asymmetricKeyType ?? '']
    if (type === undefined) return UNSUPPORTED
    const parsed = ssh2.utils.parseKey(read.export({ type, format: 'pem' }))
    return parsed instanceof Error ? DAMAGED : parsed
  } catch {
    return encrypted ? WRONG_PASSPHRASE : DAMAGED
  }
}

const FORMATS: Readonly<Record<string, 'pkcs1' | 'sec1'>> = { rsa: 'pkcs1', ec: 'sec1' }

const UNSUPPORTED =
  'is of a type that is not supported in PEM format; make one with `ssh-keygen -t ed25519 -f key` and paste the file'
