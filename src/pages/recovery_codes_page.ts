// The page of new recovery codes, which nobody sees again: to be copied or printed.

import { type Html, html } from "./html.ts"
import { layout, mark, type Site } from "./layout.ts"
import { texts } from "./texts.ts"

/** What the page shows. */
export interface RecoveryCodesView {
  readonly username: string
  readonly codes: readonly string[]
  /** Where the person goes on to. */
  readonly next: string
}

/** The page. */
export function recoveryCodesPage({ username, codes, next }: RecoveryCodesView, site: Site): Html {
  const { title, lead, saved } = texts.recoveryCodes
  const items = codes.map((code) => html`<li>${code}</li>\n`)
  const main = html`${mark}
<h1>${title}</h1>
<p class="lead">${lead(username, site.name)}</p>
<ul class="codes" id="codes">
${items}</ul>
<p class="action"><a class="button" href="${next}">${saved}</a></p>`
  return layout({ title, main }, site)
}
