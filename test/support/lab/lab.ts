/** A registry and two servers of our own, reachable only over loopback. Two labs at once never meet. */
export interface Lab extends AsyncDisposable {
  readonly id: string
  /** `127.0.0.1:PORT`, plain HTTP; the same name leads to it from the runner and from inside both hosts. */
  readonly registry: { readonly url: string }
  readonly staging: LabHost
  readonly production: LabHost
}

/** A server: sshd, cron, a Docker engine with compose, and the unprivileged user `deploy` who may use it. */
export interface LabHost {
  readonly name: string
  readonly container: string
  readonly ssh: { readonly host: '127.0.0.1'; readonly port: number; readonly user: 'deploy' }
  /** OpenSSH private key of `deploy`, without passphrase. */
  readonly privateKey: string
  /** known_hosts text for `[127.0.0.1]:port`, read from the host itself and not from the network. */
  readonly knownHosts: string
  /** Base URL, as seen from outside, of what the host publishes on `port` (80, 8080-8089). */
  url(port: number): string
  /** Runs a shell command inside the host, as root. */
  exec(command: string): Promise<Exited>
  /** The power goes: everything on the host dies at once. */
  cutOff(): Promise<void>
  /** The power is back: resolves when sshd and the engine answer again. */
  boot(): Promise<void>
}

export interface Exited {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface LabOptions {
  /** Shown in the names of the containers. */
  readonly name?: string
}

/** Starts a lab; what is missing on this machine is installed or built first. */
export function startLab(_options: LabOptions = {}): Promise<Lab> {
  return Promise.reject(new Error('The lab is not built yet.'))
}
