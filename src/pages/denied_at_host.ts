// What a browser shows at a protected host that is not for its user: proxies pass it on as it is.
// It has no sheet and no script, since every path of the host belongs to its app. The link leads to
// the whole page, at the login host.

import type { Destination } from "../domain/destination.ts"
import type { Reply } from "../http/message.ts"
import { html } from "./html.ts"
import { texts } from "./texts.ts"
import { noWay, pathOf } from "./way.ts"

/** The reply. */
export function deniedAtHost(to: Destination, loginOrigin: string): Reply {
  const { title, atHost, why } = texts.denied
  const location = `${loginOrigin}${pathOf("/denied", { ...noWay, to })}`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
</head>
<body>
<h1>${title}</h1>
<p>${atHost(to.host.name)}</p>
<p><a href="${location}">${why}</a></p>
</body>
</html>
`
  const headers = { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" }
  return { status: 403, headers, body: String(page), isPage: true }
}
