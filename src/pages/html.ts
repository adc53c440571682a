// HTML as a value. The template tag `html` escapes every text that is put into it. Its result has a
// type of its own, which nothing else makes: where HTML is wanted, a text does not compile.
//
//   html`<p class="lead">Hello, ${name}</p>`
//
// Values stand in an element's text or in a quoted attribute, never in a script, a style, a comment
// or an attribute's name. Pure.

/** Markup that is safe to send. Only `html` makes it. */
export type Html = Markup

/** What may stand in a template. Null is nothing. */
export type Value = string | number | Html | readonly Html[] | null

class Markup {
  // Private, so that no object literal is a Markup.
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}
/**
 * Characters that no page shows, but that can change how the text around them reads: controls, and
 * marks that turn the direction of writing.
 */
const hidden = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Makes markup of a template. Every text is escaped, and hidden characters become `?`. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  let text = parts[0] ?? ""
  for (const [index, value] of values.entries()) {
    // Without quotes a blank in the value would begin another attribute.
    if (text.endsWith("=")) throw new TypeError("An attribute's value needs quotes")
    text += `${markupOf(value)}${parts[index + 1]}`
  }
  return new Markup(text)
}

function markupOf(value: Value): string {
  if (value === null) return ""
  if (value instanceof Markup) return value.toString()
  if (typeof value === "object") return value.map(markupOf).join("")
  return String(value)
    .replace(hidden, "?")
    .replace(/[&<>"']/g, (character) => entities[character] ?? "")
}
