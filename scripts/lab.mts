import { docker, LAB_LABEL } from '../test/support/lab/docker.ts'
import type { HostRecord } from '../test/support/lab/host.ts'
import { createLab, endLab, keyFile, knownHostsFile, runningLabs, type LabRecord } from '../test/support/lab/lab.ts'
import { KEPT } from '../test/support/lab/owner.ts'
import { progress } from '../test/support/lab/process.ts'
import { requireTools } from '../test/support/lab/tools.ts'

const USAGE = `Usage: npm run lab -- up | down | status

  up      start a registry and two servers (staging, production), and say how to reach them
  down    take them down, with their data
  status  say how to reach what is up`

const kept = () => runningLabs().filter(({ owner }) => owner === KEPT)

function describe(lab: LabRecord): string {
  return [
    `Lab ${lab.id}`,
    `  registry    127.0.0.1:${lab.registryPort} (plain HTTP, from here and from inside both hosts)`,
    ...[lab.staging, lab.production].map((host) => describeHost(lab, host)),
  ].join('\n')
}

function describeHost({ id }: LabRecord, { name, container, ports }: HostRecord): string {
  const options = `-i ${keyFile(id)} -o UserKnownHostsFile=${knownHostsFile(id)} -o IdentitiesOnly=yes`
  const services = Object.entries(ports.services).map(([inside, outside]) => `${inside} -> http://127.0.0.1:${outside}`)
  return [
    `  ${name}`,
    `    ssh       ssh ${options} -p ${ports.ssh} deploy@127.0.0.1`,
    `    ports     ${services.slice(0, 3).join(', ')}, and so on up to 8089`,
    `    power     docker kill ${container}; docker start ${container}`,
  ].join('\n')
}

async function up(): Promise<void> {
  const [running] = kept()
  if (running === undefined) console.log(describe(await createLab({ name: 'lab', kept: true })))
  else console.log(`${describe(running)}\nIt was up already.`)
}

async function down(): Promise<void> {
  if (kept().length > 0) await requireTools()
  for (const { id } of kept()) {
    await endLab(id)
    console.log(`Lab ${id} is down.`)
  }
}

async function status(): Promise<void> {
  if (kept().length === 0) {
    console.log('No lab is up. `npm run lab -- up` starts one.')
    return
  }
  await requireTools()
  for (const lab of kept()) {
    const format = '{{.Names}}: {{.Status}}'
    const containers = await docker('ps', '--all', '--filter', `label=${LAB_LABEL}=${lab.id}`, '--format', format)
    console.log(`${describe(lab)}\n\n${containers}`)
  }
}

const verbs = { up, down, status }
const [verb = ''] = process.argv.slice(2)

try {
  if (verb in verbs) await verbs[verb as keyof typeof verbs]()
  else {
    console.error(USAGE)
    process.exitCode = 2
  }
} catch (error) {
  progress(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
