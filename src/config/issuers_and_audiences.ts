// The `iss` and `aud` that tokens have, and those that are accepted. With published keys each is
// one address. With a shared secret they follow Flask-JWT-Extended's settings of the same names.

import type { ClaimSettings } from "../token/claims.ts"
import { type ReadableValues, settings } from "./settings.ts"
import type { ReportMistake } from "./values.ts"

type IssuersAndAudiences = Pick<
  ClaimSettings,
  "profile" | "issuer" | "audience" | "acceptedIssuers" | "acceptedAudiences"
>

/** Those of the shared profile. Without a name, tokens do not have the claim. */
export function sharedIssuersAndAudiences(
  values: ReadableValues,
  report: ReportMistake,
): IssuersAndAudiences {
  // Null: not set. Undefined: not readable, which is reported already.
  const issuer = values.encodeIssuer === null ? values.issuer : values.encodeIssuer
  const audienceNames = values.audience == null ? values.audience : [values.audience]
  const audiences = values.encodeAudience === null ? audienceNames : values.encodeAudience
  const writtenIssuers = issuer == null ? [] : [issuer]
  const writtenAudiences = audiences ?? []
  const acceptedIssuers = values.decodeIssuer ?? writtenIssuers
  const acceptedAudiences = values.decodeAudience ?? writtenAudiences
  const own = "With this value Postern would refuse its own tokens"
  if (issuer !== undefined && !overlap(writtenIssuers, acceptedIssuers)) {
    report("JWT_DECODE_ISSUER", own, "Set JWT_ENCODE_ISSUER to one of these")
  }
  if (audiences !== undefined && !overlap(writtenAudiences, acceptedAudiences)) {
    report("JWT_DECODE_AUDIENCE", own, "Set JWT_ENCODE_AUDIENCE to one or more of these")
  }
  const [first, ...others] = writtenAudiences
  const audience = others.length === 0 ? first : writtenAudiences
  const written = { issuer: issuer ?? undefined, audience }
  return { profile: "shared", ...written, acceptedIssuers, acceptedAudiences }
}

/** Those of the published profile: the public address and the audience. */
export function publishedIssuersAndAudiences(
  values: ReadableValues,
  issuer: string,
  report: ReportMistake,
): IssuersAndAudiences {
  const hint = "Set JWT_SECRET_KEY, or use POSTERN_ISSUER and POSTERN_AUDIENCE instead"
  const names = ["encodeIssuer", "decodeIssuer", "encodeAudience", "decodeAudience"] as const
  for (const key of names) {
    // Undefined is a secret that could not be read, which was reported.
    if (values[key] == null || values.secretKey !== null) continue
    report(settings[key].name, "It needs JWT_SECRET_KEY", hint)
  }
  const audience = values.audience ?? issuer
  const accepted = { acceptedIssuers: [issuer], acceptedAudiences: [audience] }
  return { profile: "published", issuer, audience, ...accepted }
}

/** Whether a written name is accepted. Without any written name, none may be demanded. */
function overlap(written: readonly string[], accepted: readonly string[]): boolean {
  if (written.length === 0) return accepted.length === 0
  return written.some((name) => accepted.includes(name))
}
