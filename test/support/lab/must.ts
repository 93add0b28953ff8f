import type { LabHost } from './lab.ts'

/** Runs a command as root on the host. Returns what it printed; throws unless it exits with 0. */
export async function must(host: LabHost, command: string): Promise<string> {
  const { code, stdout, stderr } = await host.exec(command)
  if (code !== 0) throw new Error(`${command.slice(0, 200)} exited with ${code} on ${host.name}: ${stderr || stdout}`)
  return stdout.trim()
}
