import { closeSync, constants, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SHELLS, TestStack } from '../../support/agent.ts'
import { withParts } from '../../support/agent-parts.ts'

describe.concurrent.each(SHELLS)('the parts that all rests on, in %s', (shell) => {
  test('records are numbered without gaps, and what was recorded stays', async () => {
    await using stack = new TestStack(shell)
    await withParts(stack, 'for n in 1 2 3 4 5; do record note "$n" "two  spaces"; done')
    const lines = stack.lines('transactions/t-1/journal')
    expect(lines.map((line) => line.replace(/^(\d+) \d+ \d+ /, '$1 '))).toEqual(
      [1, 2, 3, 4, 5].map((number) => `${number} note ${number} two  spaces`),
    )
  })

  test('a journal torn at any byte of its last record is cut to whole records', async () => {
    await using stack = new TestStack(shell)
    const { lines } = await withParts(
      stack,
      `record first; record second with more
       cp "$journal" "$tx/whole"; head -n 1 "$journal" >"$tx/kept"
       size=$(wc -c <"$tx/whole") last=$((size - $(wc -c <"$tx/kept"))) missing=1
       while [ "$missing" -le "$last" ]; do
         head -c "$((size - missing))" "$tx/whole" >"$journal"
         cut_torn_tail "$journal" && cmp "$journal" "$tx/kept" && echo good
         missing=$((missing + 1))
       done
       record third; awk '{ print $1, $4 }' "$journal"
       echo "of $last"`,
    )
    const last = Number(lines.at(-1)?.replace('of ', ''))
    expect(last).toBeGreaterThan(30)
    expect(lines.filter((line) => line === 'good')).toHaveLength(last)
    expect(lines.slice(-3, -1)).toEqual(['1 first', '2 third'])
  })

  test('a ledger torn at any byte of its last line is written whole again, with the same checksum', async () => {
    await using stack = new TestStack(shell)
    mkdirSync(join(stack.path, 'transactions', 't-1', 'plan'), { recursive: true })
    writeFileSync(
      join(stack.path, 'transactions/t-1/plan/ledger'),
      '"action":"deploy","actor":"ana \\u00fc \\"x\\" %s"\n',
    )
    writeFileSync(join(stack.path, 'ledger.jsonl'), '{"v":1,"tx":"t-0"}\n')
    const { lines } = await withParts(
      stack,
      `printf '1 1795300000 1 began-agent a\\n2 1795300009 9 ended undone aborted\\n' >"$journal"
       add_to_ledger; cp "$ledger" "$tx/whole"
       size=$(wc -c <"$ledger") last=$(tail -n 1 "$ledger" | wc -c) missing=1
       while [ "$missing" -le "$last" ]; do
         head -c "$((size - missing))" "$tx/whole" >"$ledger"
         add_to_ledger && cmp "$ledger" "$tx/whole" && echo good
         missing=$((missing + 7))
       done
       echo "of $(((last + 6) / 7))"`,
    )
    expect(lines.filter((line) => line === 'good')).toHaveLength(Number(lines.at(-1)?.replace('of ', '')))
    expect(lines.length).toBeGreaterThan(20)
  })

  test('many that race for the lock hold it one after the other, and none is forgotten', async () => {
    await using stack = new TestStack(shell)
    writeFileSync(join(stack.path, 'counter'), '0\n')
    const ids = Array.from({ length: 8 }, (_, index) => `t-${index + 1}`)
    const race = `echo 60 >"$tx/plan/lock-timeout"; be_the_agent; take_the_lock || exit 1
      read -r n <"$stack/counter"; sleep 0.05 9>&-; echo "$((n + 1))" >"$stack/counter"; echo "$id"`
    const answers = await Promise.all(ids.map((id) => withParts(stack, race, id)))
    expect(answers.map(({ lines }) => lines.at(-1))).toEqual(ids)
    expect(stack.lines('counter')).toEqual(['8'])
    expect(stack.list('waiting')).toEqual([])
  })

  test('a file that is replaced is the old one or the new one, never half of one', async () => {
    await using stack = new TestStack(shell)
    const [one, two] = ['1'.repeat(8192), '2'.repeat(8192)]
    writeFileSync(join(stack.path, 'one'), one)
    writeFileSync(join(stack.path, 'two'), two)
    writeFileSync(join(stack.path, 'file'), one)
    const writer = { isDone: false }
    const writing = withParts(
      stack,
      'n=0; while [ $n -lt 40 ]; do for f in two one; do replace "$stack/file" <"$stack/$f"; done; n=$((n + 1)); done',
    ).finally(() => (writer.isDone = true))
    const seen = new Set<string>()
    while (!writer.isDone) {
      seen.add(readFileSync(join(stack.path, 'file'), 'utf8'))
      await new Promise(setImmediate)
    }
    await writing
    expect([...seen].sort()).toEqual([one, two])
  })

  test('who waits is woken by the door, and by nothing else before a second is over', async () => {
    await using stack = new TestStack(shell)
    const pauses = 'be_the_agent; echo ready >"$stack/ready"; n=0; while [ $n -lt 6 ]; do pause; n=$((n + 1)); done'
    const start = performance.now()
    await withParts(stack, pauses)
    const unmoved = performance.now() - start
    expect(unmoved).toBeGreaterThan(5900)

    const knocking = setInterval(() => {
      knock(join(stack.path, 'transactions/t-1/door'))
    }, 20)
    const again = performance.now()
    await withParts(stack, pauses)
    clearInterval(knocking)
    expect(performance.now() - again).toBeLessThan(unmoved / 2)
  })
})

/** Opens the pipe for writing if somebody reads, as the one who says a word does. */
function knock(door: string): void {
  try {
    const pipe = openSync(door, constants.O_WRONLY | constants.O_NONBLOCK)
    writeSync(pipe, '')
    closeSync(pipe)
  } catch {
    // Nobody waits just now.
  }
}
