import type { HostFacts } from '../stack/host-facts.ts'
import { describeNoPosixShell, isNoPosixShell } from '../stack/shells.ts'

/** Tools and the package that has them: the same names on Debian, Fedora and Alpine. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'util-linux': ['flock', 'setsid'],
  coreutils: ['timeout', 'sha256sum', 'sync', 'mktemp'],
  gawk: ['awk'],
  findutils: ['xargs'],
  tar: ['tar'],
  gzip: ['gzip'],
}

export function loginProblems({ user, shell }: HostFacts): readonly string[] {
  return isNoPosixShell(shell) ? [describeNoPosixShell(user, shell)] : []
}

export function loginWarnings({ user, banner }: HostFacts): readonly string[] {
  const [first] = banner
  return first === undefined
    ? []
    : [
        `the login shell of ${user} prints "${first.slice(0, 80)}" before it runs a command, which mixes with the answers of ` +
          'the host; let its start-up files (~/.bashrc, ~/.profile) print only when the shell is interactive',
      ]
}

export function toolProblems({ missing, system }: HostFacts): readonly string[] {
  const tools = missing.filter((tool) => tool !== 'docker')
  const packages = Object.keys(PACKAGES).filter((name) => PACKAGES[name]?.some((tool) => tools.includes(tool)))
  return tools.length === 0
    ? []
    : [`these tools are missing: ${tools.join(', ')}; run once on the host: ${installer(system)} ${packages.join(' ')}`]
}

function installer(system: string): string {
  const families = system.split(' ')
  if (families.includes('alpine')) return 'sudo apk add'
  return families.some((family) => ['fedora', 'rhel', 'centos'].includes(family))
    ? 'sudo dnf install'
    : 'sudo apt-get install'
}

/** Seconds beyond which certificates and the tokens of registries may be refused. */
const WORRYING_SKEW = 30

export function clockWarnings({ clockAhead }: HostFacts): readonly string[] {
  const seconds = Math.abs(clockAhead)
  return seconds <= WORRYING_SKEW
    ? []
    : [
        `the host's clock is ${seconds} s ${clockAhead > 0 ? 'ahead of' : 'behind'} the runner's: certificates and the tokens of ` +
          'registries may be refused, and the times in the ledger are off; let the host keep its time (sudo timedatectl set-ntp true)',
      ]
}
