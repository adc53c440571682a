// The keys of a deployment. They are made at the first start, rotated by command or by age, and
// retired in an emergency. A change is stored before it takes effect. Changes run one at a time.

import type { Clock } from "../clock.ts"
import { AuthError, Unavailable } from "../errors.ts"
import type { Store } from "../store/store.ts"
import { createTurns } from "../system/turns.ts"
import type { Audit } from "../telemetry/audit.ts"
import type { PublishedAlgorithm } from "../token/keys/algorithms.ts"
import {
  type KeyFile,
  readKeyFile,
  renewSecret,
  secretNames,
  writeKeyFile,
} from "../token/keys/key_file.ts"
import {
  createImportedKeyRing,
  createSharedKeyRing,
  createTimedKeyRing,
  generateTimedKey,
  type KeyRing,
  type KeySource,
} from "../token/keys/key_ring.ts"
import {
  followedBy,
  isOver,
  type KeyState,
  noticeSeconds,
  signerOf,
  stateOf,
  type TimedKey,
  waitingKey,
  withEnds,
  without,
} from "../token/keys/key_rotation.ts"

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

/** Tells of keys that another process has changed, and takes them over. */
export type KeyWatch = Pick<Keys, "haveChanged" | "catchUp">

/** The document, its version, and the ring of its keys. */
interface KeysState {
  readonly file: KeyFile
  readonly version: number | null
  readonly ring: KeyRing
}

/** The keys, and the operator's commands for them. Made by `openKeys`. */
export class Keys {
  readonly #parts: KeyParts & { readonly signing: KeySource }
  #state: KeysState
  readonly #inTurn = createTurns()
  /** Uses the current keys at each call. */
  readonly ring: KeyRing = {
    signer: (now) => this.#state.ring.signer(now),
    find: (kid, now) => this.#state.ring.find(kid, now),
    published: (now) => this.#state.ring.published(now),
    keySet: (now) => this.#state.ring.keySet(now),
  }
  /** The current key of refresh tokens. */
  readonly refreshKey = () => this.#state.file.refreshKey
  /** The current key of cookies and links. @throws Unavailable when an older Postern dropped it */
  readonly cookieKey = () => this.#state.file.cookieKey ?? withoutKeyFor("cookies")
  /** The key of second factors' secrets. @throws Unavailable like `cookieKey` */
  readonly factorKey = () => this.#state.file.factorKey ?? withoutKeyFor("second factors")

  constructor(state: KeysState, parts: KeyParts & { readonly signing: KeySource }) {
    this.#state = state
    this.#parts = parts
  }

  /** Whether the store has shown that another process changed the keys. */
  haveChanged(): boolean {
    return this.#parts.store.keys.knownVersion() !== this.#state.version
  }

  /**
   * Reads the keys again when another process has changed them.
   * @throws Unavailable when the store can't be read
   */
  async catchUp(): Promise<void> {
    const version = await this.#parts.store.keys.version()
    if (version === this.#state.version) return
    // Of many requests that find this at once, one reads the document.
    await this.#inTurn(async () => {
      if (this.#state.version !== version) await this.#reload()
    })
  }

  /** The members of the JWK Set, and the name of the set. */
  async publicKeys(): Promise<{ readonly keySet: string; readonly keys: readonly object[] }> {
    await this.catchUp()
    const now = this.#parts.clock.now()
    return { keySet: this.ring.keySet(now), keys: this.ring.published(now) }
  }

  /** The keys in the order in which they sign, then those of refresh tokens and of cookies. */
  list(): readonly KeySummary[] {
    const { signing, clock } = this.#parts
    const now = clock.now()
    const keys = this.#keys()
    const nothing = { publishedAt: null, signsFrom: null, keptUntil: null }
    const { kid = null, alg } = this.#state.ring.signer(now)
    const signers: readonly KeySummary[] =
      signing.kind === "generated"
        ? keys.map((key) => summary(key, keys, now))
        : [{ kid, alg, state: "signing", ...nothing }]
    const secret = { alg: "HMAC-SHA-256", state: "signing", ...nothing } as const
    return [...signers, ...secretNames.map((name) => ({ kid: name, ...secret }))]
  }

  /**
   * Publishes a new key. It signs once every cached key set has expired.
   * @throws AuthError `invalid_request` when the operator gave the key, or a new key waits already
   * @throws Unavailable when the store can't be written; then nothing has changed
   */
  async rotate(): Promise<KeySummary> {
    await this.catchUp()
    return this.#inTurn(async () => {
      const { clock, audit } = this.#parts
      const algorithm = this.#generated()
      const now = clock.now()
      const waiting = waitingKey(this.#keys(), now)
      if (waiting !== undefined) {
        const message = `The key '${waiting.jwk.kid}' is published already and about to sign`
        throw new AuthError("invalid_request", message)
      }
      const times = { publishedAt: now, signsFrom: now + noticeSeconds }
      const added = await generateTimedKey(algorithm, times)
      await this.#replace(followedBy(this.#keys(), added, tokenSeconds(this.#parts)))
      audit("key.rotated", { key: added.jwk.kid })
      return summary(added, this.#keys(), now)
    })
  }

  /**
   * Drops a key. All tokens that it signed are invalid at once, and another key signs. "refresh" is
   * the key of refresh tokens, "cookies" that of cookies and links: without it, everybody logs in
   * again.
   * @throws AuthError `not_found` for an unknown kid, and the errors of `rotate`
   */
  async retire(kid: string): Promise<void> {
    await this.catchUp()
    return this.#inTurn(async () => {
      const { clock, audit } = this.#parts
      const { file, ring } = this.#state
      const renewed = renewSecret(file, kid)
      if (renewed !== null) await this.#write(renewed, ring)
      else {
        const algorithm = this.#generated()
        const now = clock.now()
        const retired = this.#keys().find(({ jwk }) => jwk.kid === kid)
        if (retired === undefined) throw new AuthError("not_found", `There is no key '${kid}'`)
        const left = without(this.#keys(), retired, now)
        const isWithoutSigner = left.every(({ keptUntil }) => keptUntil !== null)
        const times = { publishedAt: now, signsFrom: now }
        const added = isWithoutSigner ? [await generateTimedKey(algorithm, times)] : []
        await this.#replace([...left, ...added])
      }
      audit("key.retired", { key: kid })
    })
  }

  /** Removes keys whose last token has expired, and rotates a key that is old enough. */
  async rotateWhenDue(): Promise<void> {
    await this.catchUp()
    const { signing, clock, audit, rotationSeconds } = this.#parts
    if (signing.kind !== "generated") return
    await this.#inTurn(async () => {
      const passedAt = clock.passed()
      const over = this.#keys().filter((key) => isOver(key, passedAt))
      if (over.length === 0) return
      await this.#replace(this.#keys().filter((key) => !isOver(key, passedAt)))
      for (const { jwk } of over) audit("key.removed", { key: jwk.kid })
    })
    const now = clock.now()
    const keys = this.#keys()
    // The age is negative when the key is dated in the future. Such a key is not due.
    const age = now - (signerOf(keys, now)?.publishedAt ?? now)
    const isDue = rotationSeconds !== null && age >= rotationSeconds
    if (isDue && waitingKey(keys, now) === undefined) await this.rotate()
  }

  async #reload(): Promise<void> {
    const { store } = this.#parts
    const document = await store.keys.read()
    if (document === null) throw new Unavailable(`'${store.keys.place}' has no keys any more`)
    const file = await readKeyFile(document.bytes, store.keys.place)
    this.#state = await stateOfFile({ file, version: document.version }, this.#parts)
  }

  #keys(): readonly TimedKey[] {
    return keysOf(this.#state.file, this.#parts.signing)
  }

  #generated(): PublishedAlgorithm {
    const { signing } = this.#parts
    if (signing.kind === "generated") return signing.algorithm
    const setting = signing.kind === "shared" ? "JWT_SECRET_KEY" : "JWT_PRIVATE_KEY"
    const message = `The key comes from ${setting}: change that and start Postern again`
    throw new AuthError("invalid_request", message)
  }

  /** Replaces the keys of the current algorithm. Keys of other algorithms stay. */
  async #replace(keys: readonly TimedKey[]): Promise<void> {
    const { file } = this.#state
    const ring = await createTimedKeyRing(keys)
    const others = keysOfOthers(file, this.#parts.signing)
    await this.#write({ ...file, keys: [...others, ...keys] }, ring)
  }

  async #write(file: KeyFile, ring: KeyRing): Promise<void> {
    const ifVersion = this.#state.version
    const version = await this.#parts.store.keys.replace(writeKeyFile(file), { ifVersion })
    if (version === null) {
      await this.#reload()
      throw changedElsewhere()
    }
    this.#state = { file, version, ring }
  }
}

function withoutKeyFor(what: string): never {
  throw new Unavailable(`The keys have no key for ${what}: start this Postern again`)
}

/** Another process was faster. */
export function changedElsewhere(): Unavailable {
  return new Unavailable("Another process changed the keys at the same moment: try again")
}

/** How long a token can be accepted after it was signed. */
function tokenSeconds({ accessTtlSeconds, leewaySeconds }: KeyParts): number {
  return accessTtlSeconds + leewaySeconds
}

/** The keys of the algorithm in use. */
export function keysOf(file: KeyFile, { algorithm }: KeySource): readonly TimedKey[] {
  return file.keys.filter(({ jwk }) => jwk.alg === algorithm)
}

function keysOfOthers(file: KeyFile, { algorithm }: KeySource): readonly TimedKey[] {
  return file.keys.filter(({ jwk }) => jwk.alg !== algorithm)
}

/** The state of a document that was read or made: keys get the ends that today's settings ask for. */
export async function stateOfFile(
  { file, version }: Pick<KeysState, "file" | "version">,
  parts: KeyParts & { readonly signing: KeySource },
): Promise<KeysState> {
  const { signing } = parts
  const keys = withEnds(keysOf(file, signing), tokenSeconds(parts))
  return {
    file: { ...file, keys: [...keysOfOthers(file, signing), ...keys] },
    version,
    ring: await ringOf(signing, keys),
  }
}

async function ringOf(signing: KeySource, keys: readonly TimedKey[]): Promise<KeyRing> {
  if (signing.kind === "shared") return createSharedKeyRing(signing, signing.algorithm)
  if (signing.kind === "imported") return createImportedKeyRing(signing.key, signing.algorithm)
  return createTimedKeyRing(keys)
}

function summary(key: TimedKey, keys: readonly TimedKey[], now: number): KeySummary {
  const { jwk, ...times } = key
  return { kid: jwk.kid ?? null, alg: String(jwk.alg), state: stateOf(key, keys, now), ...times }
}
