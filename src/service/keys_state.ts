// The state of the keys: the document with the ends that today's settings ask for, the ring made of
// it, and what may be shown of it.

import type { Clock } from "../clock.ts"
import { versionOfContent } from "../domain/version.ts"
import type { Store } from "../store/store.ts"
import type { Audit } from "../telemetry/audit.ts"
import { type KeyFile, secretNames } from "../token/keys/key_file.ts"
import {
  createImportedKeyRing,
  createSharedKeyRing,
  createTimedKeyRing,
  type KeyRing,
  type KeySource,
} from "../token/keys/key_ring.ts"
import { type KeyState, stateOf, type TimedKey, withEnds } from "../token/keys/key_rotation.ts"

/** A key as it may be shown. Instants are epoch seconds. */
export interface KeySummary {
  /** "refresh" and "cookies" for those of refresh tokens and cookies; null for a shared secret. */
  readonly kid: string | null
  readonly alg: string
  readonly state: KeyState
  /** Null when it was not generated here. */
  readonly publishedAt: number | null
  readonly signsFrom: number | null
  readonly keptUntil: number | null
}

/** What the keys work with. */
export interface KeyParts {
  readonly signing: KeySource
  readonly store: { readonly keys: Store["keys"]; readonly users: Pick<Store["users"], "count"> }
  readonly clock: Clock
  readonly audit: Audit
  readonly warn: (event: string, message: string) => void
  /** Life of an access token. */
  readonly accessTtlSeconds: number
  /** How long a token is accepted after it expires, for clocks that differ. */
  readonly leewaySeconds: number
  /** Age at which a signing key is replaced; null for never. */
  readonly rotationSeconds: number | null
}

/** The document, its version, and the ring of its keys. */
export interface KeysState {
  readonly file: KeyFile
  readonly version: number | null
  readonly ring: KeyRing
}

type SigningParts = Pick<KeyParts, "signing">

/** How long a token can be accepted after it was signed. */
export function tokenSeconds({ accessTtlSeconds, leewaySeconds }: KeyParts): number {
  return accessTtlSeconds + leewaySeconds
}

/** The keys of the algorithm in use. */
export function keysOf({ keys }: KeyFile, { signing }: SigningParts): readonly TimedKey[] {
  return keys.filter(({ jwk }) => jwk.alg === signing.algorithm)
}

/** The keys of other algorithms, which stay in the document. */
export function keysOfOthers({ keys }: KeyFile, { signing }: SigningParts): readonly TimedKey[] {
  return keys.filter(({ jwk }) => jwk.alg !== signing.algorithm)
}

/** The state of a document that was read or made: keys get the ends that today's settings ask for. */
export async function stateOfFile(
  { file, version }: Pick<KeysState, "file" | "version">,
  parts: KeyParts,
): Promise<KeysState> {
  const keys = withEnds(keysOf(file, parts), tokenSeconds(parts))
  return {
    file: { ...file, keys: [...keysOfOthers(file, parts), ...keys] },
    version,
    ring: await ringOf(parts.signing, keys),
  }
}

async function ringOf(signing: KeySource, keys: readonly TimedKey[]): Promise<KeyRing> {
  if (signing.kind === "shared") return createSharedKeyRing(signing, signing.algorithm)
  if (signing.kind === "imported") return createImportedKeyRing(signing.key, signing.algorithm)
  return createTimedKeyRing(keys)
}

/** A key as it may be shown. */
export function summaryOfKey(key: TimedKey, keys: readonly TimedKey[], now: number): KeySummary {
  const { jwk, ...times } = key
  return { kid: jwk.kid ?? null, alg: String(jwk.alg), state: stateOf(key, keys, now), ...times }
}

/** The keys in the order in which they sign, then those of refresh tokens and of cookies. */
export function listedKeys(
  { file, ring }: KeysState,
  { signing, clock }: KeyParts,
): readonly KeySummary[] {
  const now = clock.now()
  const keys = keysOf(file, { signing })
  const nothing = { publishedAt: null, signsFrom: null, keptUntil: null }
  const { kid = null, alg } = ring.signer(now)
  const signers: readonly KeySummary[] =
    signing.kind === "generated"
      ? keys.map((key) => summaryOfKey(key, keys, now))
      : [{ kid, alg, state: "signing", ...nothing }]
  const secret = { alg: "HMAC-SHA-256", state: "signing", ...nothing } as const
  return [...signers, ...secretNames.map((name) => ({ kid: name, ...secret }))]
}

/** The version of these keys. The secrets without a name of their own are in it, too. */
export function versionOfKeys(state: KeysState, parts: KeyParts): string {
  const { refreshKey, cookieKey } = state.file
  return versionOfContent(JSON.stringify(listedKeys(state, parts)), refreshKey, cookieKey)
}
