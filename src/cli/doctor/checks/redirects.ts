// Redirects that Postern did not make. API requests are never redirected by it, so a redirect of
// the first question is the proxy's.

import { type Sample, verifyRequestOf } from "../evidence.ts"
import { type Result, wrong } from "../finding.ts"
import { headerOf } from "../http_answer.ts"
import { type PublicAddress, type Redirect, redirectOf } from "../public_address.ts"
import { remedies } from "../remedies.ts"

const noLogin = "Browsers end in a loop or elsewhere, and apps get a page in the place of JSON."

/** What is wrong when the proxy answers with a redirect; null when it does not. */
export function redirectFault({ exchange, address, seen }: Sample): Result | null {
  const { answer, question } = exchange
  if (answer === null || answer.status < 300 || answer.status > 399 || answer.status === 304) {
    return null
  }
  const asked = `${address.origin}${question.target}`
  const location = headerOf(answer.rawHeaders, "location") ?? ""
  const redirect = redirectOf(location, asked)
  if (redirect === null) {
    return wrong(`The proxy redirects to nothing that is an address: '${location}'`, {
      effect: noLogin,
    })
  }
  if (verifyRequestOf({ seen }) !== undefined) {
    return wrong("The login host itself needs a login: the proxy asks /verify for it", {
      effect: "The login page redirects to itself, without end.",
      remedy: remedies.ownLogin,
    })
  }
  return faultOf(address, redirect)
}

function faultOf(address: PublicAddress, { from, to: target }: Redirect): Result {
  const effect = noLogin
  if (from.href === target.href) {
    return wrong("The proxy redirects the address to itself, without end", {
      effect,
      remedy: {
        any: "The proxy believes that the request came over http: let it trust X-Forwarded-Proto of what is in front, or switch its redirect off",
      },
    })
  }
  if (from.host === target.host && from.pathname !== target.pathname) {
    const isSlash = from.pathname.replace(/\/$/, "") === target.pathname.replace(/\/$/, "")
    const what = isSlash ? "adds or removes a slash at the end" : `leads to ${target.pathname}`
    return wrong(`The proxy redirects: it ${what}`, { effect, remedy: remedies.path })
  }
  const issuer = `${target.origin}${address.path}`
  const isNameSame = from.hostname === target.hostname
  if (isNameSame && from.protocol === target.protocol) {
    return wrong(`The proxy redirects to another port, ${target.port || "the standard one"}`, {
      effect,
      remedy: { any: "Redirect to the port that browsers use", nginx: "absolute_redirect off;" },
    })
  }
  const how = isNameSame ? target.protocol.replace(":", "") : target.host
  return wrong(`The proxy redirects the public address to ${how}`, {
    effect: "Tokens name an issuer that is not where they are given, and verifiers refuse them.",
    remedy: { any: `POSTERN_ISSUER=${issuer}, or remove the redirect` },
  })
}
