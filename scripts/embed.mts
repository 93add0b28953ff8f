/**
 * Writes the shell programs into a TypeScript module, so that a bundle is one file. A program of several parts is one file
 * on the server, too: each line that sources a part gives way to the part. `--check` only compares.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const TARGET = 'src/agent/programs.ts'
const PROGRAMS = {
  agentProgram: 'src/agent/agent.sh',
  openProgram: 'src/agent/open.sh',
  addPhaseProgram: 'src/agent/add-phase.sh',
  statusProgram: 'src/agent/status.sh',
  effectsProgram: 'src/compose/effects.sh',
  reviveProgram: 'src/compose/revive.sh',
  observeProgram: 'src/stack/observe.sh',
}

const modules = Object.entries(PROGRAMS).map(([name, path]) => {
  const text = withoutComments(whole(path)).replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
  return `/** ${path} */\nexport const ${name} = \`${text}\`\n`
})
const wanted = `// Written by scripts/embed.mts from the shell programs beside it: edit those.\n\n${modules.join('\n')}`

if (process.argv.includes('--check')) {
  if (readFileSync(TARGET, 'utf8') !== wanted) {
    console.error(`${TARGET} differs from the shell programs; run: npm run embed`)
    process.exitCode = 1
  }
} else {
  writeFileSync(TARGET, wanted)
}

/** What explains a program is read here; a bundle and a server need not carry it. */
function withoutComments(program: string): string {
  return program.replaceAll(/^[ \t]*#(?!!).*\n/gm, '').replaceAll(/\n{3,}/g, '\n\n')
}

/** The program with its parts in place, a blank line after each. */
function whole(path: string): string {
  const parted = readFileSync(path, 'utf8')
  const parts = parted.replaceAll(/^\. (\.\.?\/\S+)\n+/gm, (_, part: string) => `${whole(join(dirname(path), part))}\n`)
  return `${parts.trimEnd()}\n`
}
