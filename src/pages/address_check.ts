// Whether pages can work at the address that the browser has. Browsers keep our cookies only over
// https or on this machine, so anywhere else a login would come back to the login page for ever.

import { hostNameOf } from "../http/host.ts"
import type { Reply, RequestHead } from "../http/message.ts"
import { isLoopback } from "../system/address.ts"
import type { Html } from "./html.ts"
import type { Site } from "./layout.ts"
import { faultPage } from "./message_pages.ts"
import { pageReply } from "./page_reply.ts"
import { texts } from "./texts.ts"

/** The page that says why this address doesn't work, or null where it may. */
export function wrongAddress({ headers }: RequestHead, site: Site): Reply | null {
  const host = hostNameOf(headers.get("host") ?? "")
  if (isLoopback(host)) return null
  const { fault } = texts
  const forwarded = headers.get("x-forwarded-proto")?.split(",", 1)[0]?.trim().toLowerCase()
  if (forwarded !== undefined) {
    return forwarded === "https" ? null : fail(fault.plainLead(site.origin), site)
  }
  // No proxy says how the browser came. Without any, it came over http, to another name.
  const isProxied = headers.has("x-forwarded-for") || headers.has("forwarded")
  return isProxied || host === site.host ? null : fail(fault.addressLead(site.origin), site)
}

function fail(lead: Html, site: Site): Reply {
  const { address: title, open: label } = texts.fault
  const link = { label, href: `${site.origin}/login` }
  return pageReply(faultPage({ title, lead, link }, site), { status: 421 })
}
