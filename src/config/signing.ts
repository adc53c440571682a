// Chooses what signs tokens: a shared secret, an imported private key, or generated keys. Secret
// and key are checked here, before anything starts.

import {
  type Algorithm,
  isPublished,
  isShared,
  type PublishedAlgorithm,
  sharedAlgorithms,
} from "../token/keys/algorithms.ts"
import type { KeySource, SharedSecrets } from "../token/keys/key_ring.ts"
import { readPrivateKey } from "../token/keys/private_key.ts"
import { findSecretFault } from "./secret_strength.ts"
import type { ReadableValues } from "./settings.ts"
import type { ReportMistake } from "./values.ts"

/** The command that makes a private key for an algorithm. */
const keyCommands: Readonly<Record<PublishedAlgorithm, string>> = {
  ES256: "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
  EdDSA: "openssl genpkey -algorithm ed25519",
  PS256: "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072",
  RS256: "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072",
}

/** Chooses by the settings. Reports what can't be used and what does not go together. */
export function chooseSigning(values: ReadableValues, report: ReportMistake): KeySource {
  const { secretKey, previousSecretKey, privateKey, algorithm } = values
  if (secretKey != null && privateKey != null) {
    const hint = "Set only one: a shared secret or a private key"
    report("JWT_PRIVATE_KEY", "JWT_SECRET_KEY is set too", hint)
  }
  if (secretKey === null && previousSecretKey != null) {
    const hint = "Set JWT_SECRET_KEY to the new secret, or unset both"
    report("JWT_SECRET_KEY_PREVIOUS", "It needs JWT_SECRET_KEY", hint)
  }
  const chosen: Algorithm = algorithm ?? (secretKey == null ? "ES256" : "HS256")
  if (secretKey != null) {
    const older = previousSecretKey == null ? {} : { previous: previousSecretKey }
    return sharedSigning({ secret: secretKey, ...older }, chosen, report)
  }
  if (!isPublished(chosen)) {
    // Undefined is a secret that could not be read.
    if (secretKey === null) {
      report("JWT_ALGORITHM", `${chosen} needs JWT_SECRET_KEY`, "Set JWT_SECRET_KEY, or use ES256")
    }
    return { kind: "generated", algorithm: "ES256" }
  }
  if (privateKey == null) return { kind: "generated", algorithm: chosen }
  const reading = readPrivateKey(privateKey, chosen)
  if ("mistake" in reading) {
    const hint = `Make one for ${chosen}: ${keyCommands[chosen]}. JWT_ALGORITHM chooses the algorithm.`
    report("JWT_PRIVATE_KEY", `It can't be used: ${reading.mistake}`, hint)
  }
  return { kind: "imported", algorithm: chosen, key: privateKey }
}

function sharedSigning(
  secrets: SharedSecrets,
  chosen: Algorithm,
  report: ReportMistake,
): KeySource {
  if (!isShared(chosen)) {
    const hint = "Use HS256, HS384 or HS512, or unset JWT_SECRET_KEY for published keys"
    report("JWT_ALGORITHM", `${chosen} can't be used with JWT_SECRET_KEY`, hint)
    return { kind: "shared", algorithm: "HS256", ...secrets }
  }
  const { secret, previous } = secrets
  const bytesMin = sharedAlgorithms[chosen]
  const reason = findSecretFault(secret, bytesMin)
  if (reason !== null) {
    report("JWT_SECRET_KEY", `It is too weak: ${reason}`, "Make one: openssl rand -base64 48")
  }
  const previousReason = previous === undefined ? null : findSecretFault(previous, bytesMin)
  if (previous === secret) {
    const hint = "Set JWT_SECRET_KEY to a new secret, or unset JWT_SECRET_KEY_PREVIOUS"
    report("JWT_SECRET_KEY_PREVIOUS", "It is the same as JWT_SECRET_KEY", hint)
  } else if (previousReason !== null) {
    const hint = "Unset it: tokens of this secret can be forged. Users log in again"
    report("JWT_SECRET_KEY_PREVIOUS", `It is too weak: ${previousReason}`, hint)
  }
  return { kind: "shared", algorithm: chosen, ...secrets }
}
