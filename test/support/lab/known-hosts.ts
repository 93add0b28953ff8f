/** known_hosts lines for a server on a loopback port, out of its public key files (`type key comment` a line). */
export function hostKeyLines(port: number, publicKeys: string): string {
  return publicKeys
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 2)
    .map(([type = '', key = '']) => `[127.0.0.1]:${port} ${type} ${key}\n`)
    .join('')
}
