import { escapeMarkdown } from './markdown.ts'
import { printableLines } from './workflow-commands.ts'

/**
 * Below this, a piece of a secret says more by its absence than by its presence: masking `on` or `}` would garble the
 * whole log, and the runner drops every output that contains a masked text.
 */
const SHORTEST_PIECE = 4

/**
 * All the forms of a secret that could turn up in a log: as it is, line by line, escaped for JSON, URLs, shells, dotenv
 * files and HTML, as base64 wherever it may begin in a longer text, in hex, and as `Log.line` prints it. A secret of fewer
 * than four characters has none.
 */
export function secretForms(secret: string): readonly string[] {
  const trimmed = secret.trim()
  const lines = trimmed.split(/\r\n|\r|\n/).map((line) => line.trim())
  const forms = [
    ...[trimmed, ...lines].filter((text) => text.length >= SHORTEST_PIECE).flatMap(escapedForms),
    ...[secret, trimmed].filter(() => trimmed.length >= SHORTEST_PIECE).flatMap(byteForms),
  ]
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST_PIECE)
}

function escapedForms(text: string): readonly string[] {
  return [
    text,
    ...jsonForms(text),
    ...urlForms(text),
    ...shellForms(text),
    ...dotenvForms(text),
    ...htmlForms(text),
  ].concat(printableLines(text))
}

/** As JavaScript writes it, as Go does for HTML's sake, as Python does in ASCII, and with `\/` as PHP. */
function jsonForms(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1)
  return [
    json,
    json.replaceAll(/[<>&\u2028\u2029]/g, unicodeEscape),
    json.replaceAll(/[^\0-\u007e]/g, unicodeEscape),
    json.replaceAll('/', '\\/'),
  ]
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** For a query as browsers and as forms write it, strict as RFC 3986, lenient as a path, and each with small hex digits. */
function urlForms(text: string): readonly string[] {
  const query = encodeURIComponent(text.toWellFormed())
  const strict = query.replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const form = new URLSearchParams([['', text]]).toString().slice(1)
  const forms = [query, strict, form, query.replaceAll('%20', '+'), strict.replaceAll('%20', '+')]
  return [...forms, ...forms.map((url) => url.replaceAll('%2F', '/'))].flatMap((url) => [
    url,
    url.replaceAll(/%[\dA-F]{2}/g, (code) => code.toLowerCase()),
  ])
}

/** Between single quotes in the two usual ways, between double quotes, and bare as `printf %q` writes it. */
function shellForms(text: string): readonly string[] {
  return [
    text.replaceAll("'", "'\\''"),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll(/[\\"$`]/g, '\\$&'),
    text.replaceAll(/[^\w@%+=:,./\n-]/g, '\\$&'),
  ]
}

/** Between double quotes with either escape of a dollar, between single quotes, and as a compose file writes a dollar. */
function dotenvForms(text: string): readonly string[] {
  const double = [text.replaceAll(/[\\"$]/g, '\\$&'), text.replaceAll(/[\\"]/g, '\\$&').replaceAll('$', '$$$$')]
  return [
    ...double,
    ...double.map((form) => form.replaceAll('\n', '\\n').replaceAll('\r', '\\r')),
    text.replaceAll("'", "\\'"),
    text.replaceAll('$', '$$$$'),
  ]
}

function htmlForms(text: string): readonly string[] {
  const html = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const quoted = html.replaceAll('"', '&quot;')
  return [html, quoted, quoted.replaceAll("'", '&#39;'), quoted.replaceAll("'", '&#x27;'), escapeMarkdown(text)]
}

function byteForms(secret: string): readonly string[] {
  const hex = Buffer.from(secret).toString('hex')
  return [...base64Forms(secret), hex, hex.toUpperCase()]
}

/** As `base64` and PEM files wrap lines. */
const WRAPPED = [/.{76}/g, /.{64}/g]

/** Whole, wrapped, URL-safe, and the part that stays the same at each of the three alignments in a longer text. */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const whole = bytes.toString('base64')
  const inside = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes])
    return shifted.toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6))
  })
  return [whole, ...inside, ...WRAPPED.flatMap((width) => whole.match(width) ?? [])].flatMap((form) => [
    form,
    form.replaceAll('+', '-').replaceAll('/', '_'),
  ])
}
