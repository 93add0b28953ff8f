/** Any text as one cell of a Markdown table, or one line of prose, that shows as it is. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]{}()#+!|~$@-]/g, (mark) => `&#${mark.charCodeAt(0)};`)
    .replace(/\r\n|[\n\r\u2028\u2029]/g, '<br>')
}

/** A Markdown table; cells are plain text and get escaped here. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(header.map(escapeMarkdown)),
    line(header.map(() => '---')),
    ...rows.map((row) => line(row.map(escapeMarkdown))),
  ].join('\n')
}
