// The certificate, and what happens to those who come by http.

import { isoTime } from "../../../clock.ts"
import { type Evidence, isLikePostern, type Sample } from "../evidence.ts"
import type { CertificateFacts } from "../exchange.ts"
import { ok, type Result, type Results, unknown, warning, wrong } from "../finding.ts"
import { headerOf } from "../http_answer.ts"
import { redirectOf } from "../public_address.ts"

const daySeconds = 86_400
/** A certificate is renewed a month before its end, or a third of its life. */
const renewalDays = 10

const browsersWarn =
  "Browsers show a warning in the place of the login, and apps refuse to connect."

/** What is wrong with the certificates of the address. */
export function checkCertificate({ address, firsts, answeredAt }: Evidence): Results {
  if (!address.isTls) return ok("The address is http, so there is no certificate")
  const results = firsts.flatMap(({ exchange }) => {
    const certificate = exchange.link?.certificate ?? null
    return certificate === null ? [] : [resultFor(certificate, address.name, answeredAt)]
  })
  return results.filter((one, at) => results.findIndex(({ text }) => text === one.text) === at)
}

/** The judgement of one certificate. */
export function resultFor(certificate: CertificateFacts, name: string, now: number): Result {
  const { fault, names, validTo, issuer, sent } = certificate
  if (fault === null) {
    const days = Math.floor((validTo - now) / daySeconds)
    const text = `The certificate is good until ${isoTime(validTo)}`
    if (days >= renewalDays) return ok(text)
    return warning(`${text}: ${days} days`, {
      effect: "After that browsers refuse the login page.",
      remedy: { any: "Check why the certificate is not renewed" },
    })
  }
  if (fault === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return wrong(`The certificate is for other names (${names}), not for '${name}'`, {
      effect: browsersWarn,
      remedy: { any: `Get a certificate for '${name}', and check which server block answers` },
    })
  }
  if (fault === "CERT_HAS_EXPIRED") {
    return wrong(`The certificate has expired, at ${isoTime(validTo)}`, {
      effect: browsersWarn,
      remedy: { any: "Renew the certificate and reload the proxy, or correct this clock" },
    })
  }
  if (fault === "CERT_NOT_YET_VALID") {
    return wrong("The certificate is not valid yet", {
      effect: browsersWarn,
      remedy: { any: "Compare the clocks of this machine and of the certificate's issuer" },
    })
  }
  if (fault === "UNABLE_TO_VERIFY_LEAF_SIGNATURE" && sent === 1) {
    return wrong(`The proxy does not send the certificate of its issuer (${issuer})`, {
      effect: "Some browsers know it from elsewhere and connect, apps and phones do not.",
      remedy: {
        any: "Send the whole chain",
        nginx: "ssl_certificate …/fullchain.pem; not cert.pem",
        haproxy: "put the chain into the file of `crt`, after the certificate",
      },
    })
  }
  return wrong(`The certificate is not trusted here (${fault}, issuer '${issuer}')`, {
    effect: browsersWarn,
    remedy: {
      any: "If it is from your own authority: NODE_EXTRA_CA_CERTS=authority.pem postern doctor",
    },
  })
}

/** What happens at `http://`, where the address is https. */
export function checkPlain({ plain, address }: Evidence): Result {
  if (plain === null) return ok(`The address ${address.isTls ? "has a port" : "is http itself"}`)
  const { answer, failure } = plain.exchange
  if (answer === null) {
    const isClosed = failure?.stage === "connect" && failure.code === "ECONNREFUSED"
    if (isClosed) return ok("Nothing listens for http")
    return unknown(`http was not answered (${failure?.code})`)
  }
  const location = headerOf(answer.rawHeaders, "location")
  const isRedirect = answer.status >= 300 && answer.status < 400 && location !== undefined
  if (isRedirect) return redirectResult(plain, location)
  const isServed = plain.seen.length > 0 || isLikePostern(answer)
  const remedy = {
    nginx: "server { listen 80; server_name …; return 301 https://$host$request_uri; }",
    caddy: "write the site's address without http:// and without a port",
    traefik: "entryPoints.web.http.redirections.entryPoint: { to: websecure }",
    haproxy: "http-request redirect scheme https unless { ssl_fc }",
  }
  if (!isServed)
    return warning(`http is answered with ${answer.status}, without a redirect`, { remedy })
  return wrong("Postern is reached by http, too", {
    effect: "Passwords and tokens can travel unencrypted, and the page's cookies don't work.",
    remedy,
  })
}

function redirectResult({ address, exchange }: Sample, location: string): Result {
  const asked = `http://${address.host}${exchange.question.target}`
  const { from, to } = redirectOf(location, asked) ?? {}
  if (to?.protocol === "https:" && to.hostname === from?.hostname) {
    return ok("http is redirected to https")
  }
  return wrong(`http is redirected to '${location}'`, {
    effect: "Who types the name without https:// does not reach the login.",
    remedy: { nginx: "return 301 https://$host$request_uri;" },
  })
}
