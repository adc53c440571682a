// What all pages have in common: the head, the mark, the frame and the foot.

import { scriptPath, sheetPath } from "./assets.ts"
import { type Html, html } from "./html.ts"
import { texts } from "./texts.ts"

/** What pages say about the service that they belong to. */
export interface Site {
  /** What people call it. */
  readonly name: string
  /** Its own origin: `https://login.example.org`. */
  readonly origin: string
  /** The host of that, as people see it: `login.example.org`. */
  readonly host: string
}

/** The content of one page. */
export interface Page {
  readonly title: string
  readonly main: Html
  /** Whether something went wrong: the title says so first, for people who hear it. */
  readonly isError?: boolean
  /** Whether the page needs more than a narrow column. */
  readonly isWide?: boolean
}

/** An arch with a door in it: what a postern is. */
export const mark = html`<svg class="mark" viewBox="0 0 36 36" fill="none" aria-hidden="true">
<path d="M5 33V17.5a13 13 0 0 1 26 0V33M2.5 33h31" stroke="currentColor" stroke-width="2.5"
 stroke-linecap="round"/>
<path d="M11.5 33V18a6.5 6.5 0 0 1 13 0v15" fill="currentColor"/>
<circle cx="21" cy="24.5" r="1.4" fill="var(--card)"/>
</svg>`

/** The whole document. */
export function layout({ title, main, isError = false, isWide = false }: Page, site: Site): Html {
  const whole = texts.titleOfPage(isError ? texts.titleOfError(title) : title, site.name)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${whole}</title>
<link rel="stylesheet" href="${sheetPath}">
<script type="module" src="${scriptPath}"></script>
</head>
<body>
<main${isWide ? html` class="wide"` : null}>
${main}
</main>
<footer>${site.name}</footer>
</body>
</html>
`
}
