// The issuer in tokens and metadata against the address at which the service is reached.

import { readJsonObject } from "../../../domain/strict_json.ts"
import { type Evidence, isOfPostern, sampleOf } from "../evidence.ts"
import { ok, type Result, unknown, wrong } from "../finding.ts"
import { type HttpAnswer, readableBody } from "../http_answer.ts"
import { isOverload } from "./routes.ts"

const refused = "Verifiers compare it as text, and refuse every token."

/** Whether the metadata names this address. */
export function checkIssuer(evidence: Evidence): Result | null {
  const { address, facts } = evidence
  const sample = sampleOf(evidence, "metadata")
  const answer = sample?.exchange.answer ?? null
  if (sample === undefined || answer === null) return unknown("The metadata could not be read")
  // Another check says that paths are changed.
  if (sample.seen.some(({ target }) => target !== sample.exchange.question.target)) return null
  if (facts !== null && facts.issuer === null) return sharedSecretResult(evidence)
  const issuer = issuerIn(answer)
  if (issuer === null) {
    // Another check says that the proxy fails.
    if (isOverload(sample)) return null
    if (facts === null && answer.status === 404 && isOfPostern(sample)) {
      return ok("There is no metadata: tokens are signed with a shared secret")
    }
    return wrong(`${sample.probe.path} is not answered by Postern (${answer.status})`, {
      effect: "Verifiers that know only the issuer find no keys.",
      remedy: {
        any: "Pass /.well-known/ on to Postern; only /.well-known/acme-challenge/ is the proxy's",
      },
    })
  }
  if (issuer === address.text) return ok(`The issuer is the address, ${issuer}`)
  return wrong(`Tokens name the issuer '${issuer}', but the address is '${address.text}'`, {
    effect: refused,
    remedy: {
      any: `POSTERN_ISSUER=${address.text}, or ask for the right address: postern doctor ${issuer}`,
    },
  })
}

function sharedSecretResult({ facts, address }: Evidence): Result {
  const own = facts?.publicAddress ?? null
  if (own === null || own === address.text) return ok("Tokens are signed with a shared secret")
  return wrong(`POSTERN_ISSUER is '${own}', but the address is '${address.text}'`, {
    effect: refused,
    remedy: { any: `POSTERN_ISSUER=${address.text}` },
  })
}

function issuerIn(answer: HttpAnswer): string | null {
  if (answer.status !== 200) return null
  try {
    const { issuer } = readJsonObject(readableBody(answer)).value
    return typeof issuer === "string" ? issuer : null
  } catch {
    return null
  }
}
