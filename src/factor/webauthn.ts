// Verifies passkey ceremonies (WebAuthn L3 §7.1, §7.2). The only file that calls the library
// @simplewebauthn/server, which it loads at the first ceremony. Knows no store, no HTTP and no
// user: the caller finds the passkey, uses the challenge up and judges the counter.
//
// A credential is any JSON value, and a bad one gives null. The library throws many kinds of errors
// for hostile bytes: each is a refusal. It would also check certificates of authenticators, and
// fetch revocation lists: no attestation with certificates reaches it (`isWithoutCertificates`).

import type { Passkey } from "../domain/factors.ts"
import { algorithmLabel, type CoseKey, keyAlgorithms, publicKeyOf } from "./cose_key.ts"
import {
  type Ceremony,
  isOfCeremony,
  readLogin,
  readRegistration,
  type SentCredential,
  type SentLogin,
  type SentRegistration,
} from "./sent_credential.ts"

/** A credential, and the ceremony to which it has to belong. */
interface CeremonyResult extends Ceremony {
  /** From a JSON body. */
  readonly credential: unknown
}

/** What a registration says of a new passkey. */
export type RegisteredPasskey = Pick<
  Passkey,
  "credentialId" | "publicKey" | "counter" | "isSynced" | "transports"
>

/** The passkey with which a user logs in. */
type KnownPasskey = Pick<Passkey, "credentialId" | "publicKey" | "isSynced">

/** Verifies a new passkey; null when anything about it is wrong. */
export async function verifyRegistration({
  credential,
  ...ceremony
}: CeremonyResult): Promise<RegisteredPasskey | null> {
  const sent = readRegistration(credential)
  if (sent === null || !isOfCeremony(sent, "webauthn.create", ceremony)) return null
  const library = await loadLibrary()
  try {
    return await readPasskey(sent, ceremony, library)
  } catch {
    return null
  }
}

/**
 * Verifies a login by a passkey and gives the authenticator's counter; null when anything is wrong.
 * Whether the counter shows a copy is decided with the write that moves it.
 */
export async function verifyLogin({
  credential,
  passkey,
  ...ceremony
}: CeremonyResult & { readonly passkey: KnownPasskey }): Promise<{
  readonly counter: number
} | null> {
  const sent = readLogin(credential)
  if (sent === null || sent.id !== passkey.credentialId) return null
  if (!isOfCeremony(sent, "webauthn.get", ceremony)) return null
  const library = await loadLibrary()
  try {
    return await readCounter(sent, { ceremony, passkey }, library)
  } catch {
    return null
  }
}

type Library = Awaited<ReturnType<typeof loadLibrary>>

async function loadLibrary() {
  const server = await import("@simplewebauthn/server")
  const helpers = await import("@simplewebauthn/server/helpers")
  return { ...server, ...helpers }
}

async function readPasskey(
  sent: SentRegistration,
  ceremony: Ceremony,
  library: Library,
): Promise<RegisteredPasskey | null> {
  const { attestationObject, transports } = sent
  const attestation = library.decodeAttestationObject(bytesOf(attestationObject))
  const statement: unknown = attestation.get("attStmt")
  if (!isWithoutCertificates(attestation.get("fmt"), statement)) return null
  const { registrationInfo: info } = await library.verifyRegistrationResponse({
    response: { ...inLibrarysWords(sent), response: { ...sent, transports: [] } },
    supportedAlgorithmIDs: [...keyAlgorithms],
    ...expectationOf(ceremony),
  })
  // The id in the credential's JSON is signed by nobody.
  if (info === undefined || info.credential.id !== sent.id) return null
  const { publicKey, counter } = info.credential
  const key = library.decodeCredentialPublicKey(publicKey) as unknown as CoseKey
  if (publicKeyOf(key) === null) return null
  // A statement that is signed by the key names the key's algorithm (WebAuthn L3 §8.2).
  if (statement.size > 0 && statement.get("alg") !== key.get(algorithmLabel)) return null
  return {
    credentialId: sent.id,
    publicKey: Buffer.from(publicKey).toString("base64url"),
    counter,
    isSynced: info.credentialDeviceType === "multiDevice",
    transports,
  }
}

async function readCounter(
  sent: SentLogin,
  { ceremony, passkey }: { readonly ceremony: Ceremony; readonly passkey: KnownPasskey },
  library: Library,
): Promise<{ readonly counter: number } | null> {
  const { verified, authenticationInfo: info } = await library.verifyAuthenticationResponse({
    response: { ...inLibrarysWords(sent), response: sent },
    // With 0 the library does not judge the counter.
    credential: { id: sent.id, publicKey: bytesOf(passkey.publicKey), counter: 0 },
    ...expectationOf(ceremony),
  })
  // Whether a passkey can be synced never changes (WebAuthn L3 §7.2).
  const isSynced = info.credentialDeviceType === "multiDevice"
  return verified && isSynced === passkey.isSynced ? { counter: info.newCounter } : null
}

/**
 * We ask for no attestation. A browser may leave in place one that the new key itself has signed
 * (WebAuthn L3 §5.1.3): `packed` with `alg` and `sig`, and without `x5c`.
 */
function isWithoutCertificates(
  format: string,
  statement: unknown,
): statement is ReadonlyMap<string, unknown> {
  if (!(statement instanceof Map)) return false
  if (format === "none") return statement.size === 0
  return format === "packed" && statement.size === 2 && statement.has("alg") && statement.has("sig")
}

function inLibrarysWords({ id }: SentCredential) {
  return { id, rawId: id, type: "public-key" as const, clientExtensionResults: {} }
}

function expectationOf({ challenge, origin, rpId }: Ceremony) {
  return {
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: true,
  }
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64url, "base64url"))
}
