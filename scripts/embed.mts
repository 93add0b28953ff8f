/**
 * Writes the shell programs into a TypeScript module, so that a bundle is one file. `--check` only compares.
 */
import { readFile, writeFile } from 'node:fs/promises'

const TARGET = 'src/agent/programs.ts'
const PROGRAMS = {
  agentProgram: 'src/agent/agent.sh',
  openProgram: 'src/agent/open.sh',
  addPhaseProgram: 'src/agent/add-phase.sh',
  effectsProgram: 'src/compose/effects.sh',
  observeProgram: 'src/stack/observe.sh',
}

const modules = await Promise.all(
  Object.entries(PROGRAMS).map(async ([name, path]) => {
    const text = (await readFile(path, 'utf8')).replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
    return `/** ${path} */\nexport const ${name} = \`${text}\`\n`
  }),
)
const wanted = `// Written by scripts/embed.mts from the shell programs beside it: edit those.\n\n${modules.join('\n')}`

if (process.argv.includes('--check')) {
  if ((await readFile(TARGET, 'utf8')) !== wanted) {
    console.error(`${TARGET} differs from the shell programs; run: npm run embed`)
    process.exitCode = 1
  }
} else {
  await writeFile(TARGET, wanted)
}
