import type { Observation } from '../stack/observation.ts'
import type { Stack } from '../stack/stack.ts'

/** Two stacks in one folder, or two folders of one stack. */
export function neighbourProblems({ host, containers, kept }: Observation, stack: Stack): readonly string[] {
  const { owner, realPath } = host.folder
  // Below it is where `docker compose up` works by hand, too: `current`, and what that leads to.
  const isOwn = (folder: string): boolean => [stack.path, realPath].some((path) => folder.startsWith(`${path}/`))
  const elsewhere = [...containers, ...kept].flatMap(({ labels }) => {
    const folder = labels['com.docker.compose.project.working_dir']
    // Without a definition it was started by hand, from wherever: such a stack is taken over.
    return labels['estiba.definition'] === undefined || folder === undefined || isOwn(folder) ? [] : [folder]
  })
  return [
    ...(owner === undefined || owner === stack.name
      ? []
      : [
          `${stack.path} is the folder of another stack, ${owner}; give ${stack.name} a \`path\` of its own, or write stack: ${owner} if it is meant`,
        ]),
    ...[...new Set(elsewhere)].map((folder) => {
      const path = folder.replace(/\/project$/, '')
      return (
        `another stack of the name ${stack.name} runs from ${path}; give this one another name with \`stack\`, ` +
        `or write path: ${path} if that one is meant`
      )
    }),
  ]
}
