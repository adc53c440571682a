// Rows of lists: a name, what there is to say about it, and what a person can do with it.

import { type Html, html } from "./html.ts"

/** What stands in a row beside its name. */
interface RowContent {
  readonly text: string | Html
  readonly action: Html | null
}

/** One row. */
export function row(name: string, { text, action }: RowContent): Html {
  return html`<li><span><b>${name}</b><small>${text}</small></span>
${action}</li>`
}

/** A button that sends a form without fields. */
export function postButton(path: string, label: string): Html {
  return html`<form class="inline" method="post" action="${path}" data-once>
<button class="button quiet small" type="submit">${label}</button></form>`
}
