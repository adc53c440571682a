// The keys of a deployment. They are made at the first start, rotated by command or by age, and
// retired in an emergency. A change is stored before it takes effect. Changes run one at a time.

import { AuthError, Unavailable } from "../errors.ts"
import { createTurns } from "../system/turns.ts"
import type { PublishedAlgorithm } from "../token/keys/algorithms.ts"
import {
  type KeyFile,
  readKeyFile,
  renewSecret,
  secretNames,
  writeKeyFile,
} from "../token/keys/key_file.ts"
import { createTimedKeyRing, generateTimedKey, type KeyRing } from "../token/keys/key_ring.ts"
import {
  isOver,
  noticeSeconds,
  signerOf,
  type TimedKey,
  waitingKey,
  withEnds,
  without,
} from "../token/keys/key_rotation.ts"
import { type Act, byOperator, changedSinceSeen } from "./act.ts"
import {
  type KeyParts,
  type KeySummary,
  type KeysState,
  keysOf,
  keysOfOthers,
  listedKeys,
  stateOfFile,
  summaryOfKey,
  tokenSeconds,
  versionOfKeys,
} from "./keys_state.ts"

/** What is shown of keys, and what they work with. */
export type { KeyParts, KeySummary } from "./keys_state.ts"

/** The current secrets, and whether another process has changed the keys. */
export type KeyWatch = Pick<
  Keys,
  "haveChanged" | "catchUp" | "refreshKey" | "cookieKey" | "factorKey"
>

/** The keys, and the operator's commands for them. Made by `openKeys`. */
export class Keys {
  readonly #parts: KeyParts
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
  /** The current key of cookies and links. */
  readonly cookieKey = () => this.#state.file.cookieKey
  /** The key of second factors' secrets. */
  readonly factorKey = () => this.#state.file.factorKey

  constructor(state: KeysState, parts: KeyParts) {
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
    return listedKeys(this.#state, this.#parts)
  }

  /** The version of what `list` shows: another one after each change. Nobody learns a key from it. */
  version(): string {
    return versionOfKeys(this.#state, this.#parts)
  }

  /**
   * Publishes a new key. It signs once every cached key set has expired.
   * @throws AuthError `invalid_request` when the operator gave the key, or a new key waits already
   * @throws Unavailable when the store can't be written; then nothing has changed
   */
  async rotate(act: Act = byOperator): Promise<KeySummary> {
    await this.catchUp()
    return this.#inTurn(async () => {
      const { clock, audit } = this.#parts
      this.#requireSeen(act)
      const algorithm = this.#generated()
      const now = clock.now()
      const waiting = waitingKey(this.#keys(), now)
      if (waiting !== undefined) {
        const message = `The key '${waiting.jwk.kid}' is published already and about to sign`
        throw new AuthError("invalid_request", message)
      }
      const times = { publishedAt: now, signsFrom: now + noticeSeconds }
      const added = await generateTimedKey(algorithm, times)
      await this.#replace(withEnds([...this.#keys(), added], tokenSeconds(this.#parts)), act)
      audit("key.rotated", { ...act.fields, key: added.jwk.kid })
      return summaryOfKey(added, this.#keys(), now)
    })
  }

  /**
   * Drops a key. All tokens that it signed are invalid at once, and another key signs. "refresh" is
   * the key of refresh tokens, "cookies" that of cookies and links: without it, everybody logs in
   * again.
   * @throws AuthError `not_found` for an unknown kid, and the errors of `rotate`
   */
  async retire(kid: string, act: Act = byOperator): Promise<void> {
    await this.catchUp()
    return this.#inTurn(async () => {
      const { clock, audit } = this.#parts
      this.#requireSeen(act)
      const { file, ring } = this.#state
      const secret = secretNames.find((name) => name === kid)
      if (secret !== undefined) await this.#write(renewSecret(file, secret), ring, act)
      else {
        const algorithm = this.#generated()
        const now = clock.now()
        const retired = this.#keys().find(({ jwk }) => jwk.kid === kid)
        if (retired === undefined) throw new AuthError("not_found", `There is no key '${kid}'`)
        const left = without(this.#keys(), retired, now)
        const isWithoutSigner = left.every(({ keptUntil }) => keptUntil !== null)
        const times = { publishedAt: now, signsFrom: now }
        const added = isWithoutSigner ? [await generateTimedKey(algorithm, times)] : []
        await this.#replace([...left, ...added], act)
      }
      audit("key.retired", { ...act.fields, key: kid })
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
    return keysOf(this.#state.file, this.#parts)
  }

  #generated(): PublishedAlgorithm {
    const { signing } = this.#parts
    if (signing.kind === "generated") return signing.algorithm
    const setting = signing.kind === "shared" ? "JWT_SECRET_KEY" : "JWT_PRIVATE_KEY"
    const message = `The key comes from ${setting}: change that and start Postern again`
    throw new AuthError("invalid_request", message)
  }

  /** Replaces the keys of the current algorithm. Keys of other algorithms stay. */
  async #replace(keys: readonly TimedKey[], act: Act = byOperator): Promise<void> {
    const { file } = this.#state
    const ring = await createTimedKeyRing(keys)
    const others = keysOfOthers(file, this.#parts)
    await this.#write({ ...file, keys: [...others, ...keys] }, ring, act)
  }

  /** @throws AuthError `precondition_failed` when the keys are others than the act has seen */
  #requireSeen({ condition: { ifVersion } }: Act): void {
    if (ifVersion !== undefined && !ifVersion.includes(this.version())) throw changedSinceSeen()
  }

  async #write(file: KeyFile, ring: KeyRing, { condition }: Act): Promise<void> {
    const ifVersion = this.#state.version
    const version = await this.#parts.store.keys.replace(writeKeyFile(file), { ifVersion })
    if (version === null) {
      await this.#reload()
      throw condition.ifVersion === undefined ? changedElsewhere() : changedSinceSeen()
    }
    this.#state = { file, version, ring }
  }
}

/** Another process was faster. */
export function changedElsewhere(): Unavailable {
  return new Unavailable("Another process changed the keys at the same moment: try again")
}
