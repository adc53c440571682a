// Cookies in both directions. A marked request gets one from the service, with the words of its
// own cookies, so that it can be compared before anybody logs in.

import { type Evidence, sampleOf } from "../evidence.ts"
import { ok, type Result, unknown, wrong } from "../finding.ts"
import { valuesOf } from "../http_answer.ts"
import { remedies } from "../remedies.ts"

const effect = "Browsers drop the cookie, and ask for the login again and again."

/** Whether cookies arrive as they were set. */
export function checkCookies(evidence: Evidence): Result | null {
  const sample = sampleOf(evidence, "cookie")
  const reply = sample?.seen[0]?.reply ?? null
  const answer = sample?.exchange.answer ?? null
  if (evidence.blindness !== null) return unknown(evidence.blindness)
  // Another check says why it did not arrive.
  if (reply === null || answer === null) return null
  const sent = valuesOf(reply.rawHeaders, "set-cookie")
  const arrived = valuesOf(answer.rawHeaders, "set-cookie")
  const [first] = sent
  // The request lost its mark.
  if (first === undefined) return null
  const own = arrived.find((cookie) => cookie.startsWith(first.split("=")[0] ?? ""))
  if (own === undefined) {
    return wrong("The proxy removes Set-Cookie", { effect, remedy: remedies.cookies })
  }
  if (own !== first) {
    const text = `The proxy changes cookies: ${changeIn(first, own)}`
    return wrong(text, { effect, remedy: remedies.cookies })
  }
  return ok("Cookies arrive as they were set")
}

function changeIn(sent: string, arrived: string): string {
  const [before, after] = [sent, arrived].map((text) => text.split("; "))
  const gone = before?.filter((part) => !after?.includes(part)) ?? []
  const added = after?.filter((part) => !before?.includes(part)) ?? []
  const parts = [
    ...(gone.length > 0 ? [`it removes '${gone.join("; ")}'`] : []),
    ...(added.length > 0 ? [`it adds '${added.join("; ")}'`] : []),
  ]
  return parts.length === 0 ? "it changes their order" : parts.join(", ")
}
