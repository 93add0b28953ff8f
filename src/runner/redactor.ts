import { secretForms } from './mask.ts'

/** Replaces secrets, in each of their forms, in all that an action shows. The runner does so too, line by line. */
export class Redactor {
  readonly #forms = new Set<string>()

  /** Adds a secret; returns the forms of it that are new. */
  add(secret: string): readonly string[] {
    const added = secretForms(secret).filter((form) => !this.#forms.has(form))
    for (const form of added) this.#forms.add(form)
    return added
  }

  /** The text with `***` for every stretch that is covered by secrets, also where these overlap. */
  redact(text: string): string {
    const stretches = [...this.#forms].flatMap((form) => occurrences(text, form)).sort((a, b) => a.start - b.start)
    let shown = ''
    let end = 0
    for (const stretch of stretches) {
      if (stretch.start >= end) shown += `${text.slice(end, stretch.start)}***`
      end = Math.max(end, stretch.end)
    }
    return shown + text.slice(end)
  }
}

interface Stretch {
  readonly start: number
  readonly end: number
}

/** Every place, overlapping ones too. */
function occurrences(text: string, form: string): readonly Stretch[] {
  const found: Stretch[] = []
  for (let start = text.indexOf(form); start !== -1; start = text.indexOf(form, start + 1))
    found.push({ start, end: start + form.length })
  return found
}
