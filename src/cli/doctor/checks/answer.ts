// Whether Postern answers at its public address. When it does not, no other check of the login
// host says anything, so this one has to say why.

import { type Evidence, isLikePostern, mainSample, type Sample } from "../evidence.ts"
import type { Failure } from "../exchange.ts"
import { type Result, unknown, wrong } from "../finding.ts"
import { decodedBody, type HttpAnswer, headerOf, readableBody } from "../http_answer.ts"
import { remedies, remedyFor } from "../remedies.ts"
import { redirectFault } from "./redirects.ts"

/** How much of an answer is looked at, and quoted. */
const wordsBytes = 2_000
const wordsLength = 60
const notReached = "Nobody can log in."
/** Ways on which this machine may not reach itself by its public address. */
const fromElsewhere =
  "This may be this machine's own network (hairpin NAT, a firewall, a container). Ask from another machine: postern doctor ADDRESS"

/** What keeps Postern from answering; null when it answers. */
export function findNoAnswer(evidence: Evidence): Result | null {
  const { lookup, address, facts, blindness } = evidence
  const main = mainSample(evidence)
  if (main === undefined) return notFound(address.name, lookup.failure ?? "")
  const { answer, failure } = main.exchange
  if (failure !== null) return noAnswer(main, failure)
  if (answer === null) return null
  const isSeen = main.seen.length > 0
  const refused = evidence.refusals.find(({ reason }) => Object.hasOwn(unreadable, reason))
  if (!isSeen && refused !== undefined) return wrongProtocol(refused.reason, refused.client)
  if (!isSeen && isLikePostern(answer)) {
    return blindness === null && answer.status !== 421 ? ofAnother(evidence) : null
  }
  if (answer.status === 421 && isLikePostern(answer)) return null
  const fault = redirectFault(main)
  if (fault !== null) return fault
  if (main.seen.some(({ reply }) => reply !== null)) return null
  if (facts === null || !isSeen) return notPassedOn(evidence, main)
  return wrong(`The request reached Postern, but the proxy answered ${answer.status} before it`, {
    effect: notReached,
    remedy: remedies.patience,
  })
}

function notFound(name: string, failure: string): Result {
  if (failure === "ENOTFOUND" || failure === "ENODATA") {
    return wrong(`The name '${name}' has no address here (${failure})`, {
      effect: notReached,
      remedy: { any: "Add the name to the DNS, or correct POSTERN_ISSUER" },
    })
  }
  return unknown(`The name '${name}' can't be looked up here (${failure})`, {
    remedy: { any: "Check this machine's DNS, or ask from another machine" },
  })
}

function noAnswer({ endpoint, exchange }: Sample, { stage, code }: Failure): Result {
  const place = `${endpoint.address} port ${endpoint.port}`
  if (stage === "connect") {
    if (code !== "ECONNREFUSED" && code !== "ECONNRESET") {
      const remedy = { any: fromElsewhere }
      return unknown(`No connection to ${place} from here (${code})`, { remedy })
    }
    return wrong(`Nothing listens at ${place} (${code})`, {
      effect: notReached,
      remedy: { any: "Start the proxy, and check its port and the firewall" },
    })
  }
  if (stage === "tls") {
    const isPlain = /WRONG_VERSION|PACKET_LENGTH|HTTP_REQUEST/.test(code)
    const reason = isPlain ? "speaks plain HTTP, not TLS" : `refuses TLS (${code})`
    return wrong(`${place} ${reason}`, {
      effect: "Browsers show an error in the place of the login.",
      remedy: {
        any: isPlain
          ? "Give the proxy a certificate, or correct the port in POSTERN_ISSUER"
          : "Give the proxy a certificate for this name",
        nginx: "listen 443 ssl; ssl_certificate …; ssl_certificate_key …;",
        caddy: "write the name as the site's address, without http://",
      },
    })
  }
  if (code === "not_http") {
    return wrong(`${place} does not answer in HTTP: does it expect TLS?`, {
      effect: notReached,
      remedy: { any: "Correct the scheme or the port in POSTERN_ISSUER" },
    })
  }
  const seconds = Math.round(exchange.millis / 1000)
  const what =
    code === "timeout" ? `gave no answer within ${seconds} s` : `gave no answer (${code})`
  return wrong(`${place} took the request and ${what}`, {
    effect: notReached,
    remedy: { any: "The proxy waits for something: check its upstream and its log" },
  })
}

/** Postern answers, but not the one that was asked to look. */
function ofAnother({ facts, samples }: Evidence): Result {
  const metadata = samples.find(({ probe }) => probe.name === "metadata")?.exchange.answer
  const text = metadata == null ? "" : `${readableBody(metadata)}`
  const isSameIssuer = facts?.issuer != null && text.includes(`"${facts.issuer}"`)
  if (isSameIssuer) {
    return unknown("Another replica of this Postern answered, so what arrives can't be seen here", {
      remedy: { any: "Ask at each replica with `postern doctor`, or ask again" },
    })
  }
  return wrong("Another Postern answers at this address", {
    effect: "Users, sessions and keys are those of another data directory.",
    remedy: {
      any: `Check the proxy's upstream and POSTERN_DATA_DIR: this service listens at ${facts?.listensAt}`,
    },
  })
}

const unreadable: Readonly<Record<string, string>> = {
  tls: "speaks TLS to Postern, which takes plain HTTP",
  http2: "speaks HTTP/2 to Postern, which takes HTTP/1.1",
  proxy_protocol: "sends the PROXY protocol, which Postern does not take",
}

function notPassedOn(evidence: Evidence, { exchange, address }: Sample): Result {
  const { facts, blindness } = evidence
  const status = exchange.answer?.status ?? 0
  const { answer } = exchange
  const body = answer === null ? "" : `${readableBody(answer).subarray(0, wordsBytes)}`
  const upstream = remedyFor(remedies.upstream, "ADDRESS", hostOf(facts?.listensAt))
  if (/HTTP request.*HTTPS|to an? HTTPS/i.test(body)) {
    return wrong("The port expects https, and the address says http", {
      effect: notReached,
      remedy: { any: `POSTERN_ISSUER=https://${address.host}${address.path}` },
    })
  }
  if (status === 401 || status === 407) {
    const challenge = headerOf(exchange.answer?.rawHeaders ?? [], "www-authenticate") ?? ""
    const scheme = challenge.split(" ")[0] || "another login"
    return wrong(`The proxy asks for a login of its own (${scheme}) before Postern`, {
      effect: "Browsers show a dialog, and apps are refused with every token.",
      remedy: remedies.ownLogin,
    })
  }
  if (status === 429) {
    return unknown("The proxy limits requests, and refused the first one (429)", {
      remedy: { any: "Wait, and ask again" },
    })
  }
  const seen = blindness === null ? ", and the request did not reach Postern" : ""
  const blind = blindness === null ? "" : `. ${blindness}`
  if ([502, 503, 504].includes(status)) {
    return wrong(`The proxy can't reach Postern: it answers ${status}${blind}`, {
      effect: notReached,
      remedy: {
        any:
          facts === null
            ? "Is Postern running? Give the proxy the address at which it listens"
            : `Postern runs, and listens at ${facts.listensAt}. Between containers write its service's name, not localhost`,
        ...upstream,
      },
    })
  }
  const said = exchange.answer === null ? "" : wordsOf(exchange.answer)
  return wrong(`Something else answers at this address (${status}${said})${seen}`, {
    effect: notReached,
    remedy: { any: `Check the proxy's names and paths for ${address.text}`, ...upstream },
  })
}

/** The first words of an answer: its title, or how it begins. */
function wordsOf(answer: HttpAnswer): string {
  const text = `${decodedBody(answer)?.subarray(0, wordsBytes) ?? ""}`
  const title = /<title>([^<]+)/i.exec(text)?.[1] ?? text.replace(/<[^>]*>/g, " ")
  const words = title.replace(/\s+/g, " ").trim().slice(0, wordsLength)
  return words === "" ? "" : `: ${words}`
}

function wrongProtocol(reason: string, client: string): Result {
  return wrong(`The proxy at ${client} ${unreadable[reason]}`, {
    effect: notReached,
    remedy: {
      nginx: reason === "tls" ? "proxy_pass http://…, not https://" : "proxy_protocol off;",
      caddy: "reverse_proxy http://…, without https:// and h2c://, and no `proxy_protocol`",
      traefik: "loadBalancer.servers: url http://…, without h2c, and no proxyProtocol",
      haproxy: "server postern … without `ssl`, `proto h2`, `send-proxy` and `send-proxy-v2`",
    },
  })
}

function hostOf(url: string | undefined): string {
  return url?.replace(/^https?:\/\//, "") ?? "127.0.0.1:8080"
}
