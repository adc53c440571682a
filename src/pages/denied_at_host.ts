// The page at a protected host that is not for this user. Proxies pass it on as it is. Its style is
// in it and it has no script, since every path of the host belongs to the app. Its link leads to
// /denied of the login host, which says more.

import { createHash } from "node:crypto"
import type { Destination } from "../domain/destination.ts"
import type { Reply } from "../http/message.ts"
import { html } from "./html.ts"
import { texts } from "./texts.ts"
import { noWay, pathOf } from "./way.ts"

/** Without a character that would be escaped in markup. */
const rules = [
  "body { font: 100%/1.5 sans-serif; max-width: 25rem; margin: 15vh auto 0; padding: 1rem; }",
  "main { overflow-wrap: anywhere; } a { color: inherit; }",
].join(" ")
/** Lets these rules through, and nothing else. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(rules).digest("base64")}'`,
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ")

/** The reply. */
export function deniedAtHost(to: Destination, loginOrigin: string): Reply {
  const { title, atHost, why } = texts.denied
  const location = `${loginOrigin}${pathOf("/denied", { ...noWay, to })}`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${rules}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${atHost(to.host.name)}</p>
<p><a href="${location}">${why}</a></p>
</main>
</body>
</html>
`
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": policy,
  }
  return { status: 403, headers, body: String(page), isPage: true }
}
