// The keys of a deployment over time: made at the first start, rotated by command or by their age,
// retired in an emergency. A change is written to keys.json before it counts, one after the other.

import { join } from "node:path"
import type { Clock } from "../clock.ts"
import { AuthError, systemCode, Unavailable } from "../errors.ts"
import { keyFileName } from "../store/data_directory.ts"
import type { Disk } from "../system/disk.ts"
import type { Audit } from "../telemetry/audit.ts"
import type { PublishedAlgorithm } from "../token/keys/algorithms.ts"
import { type KeyFile, newRefreshKey, readKeyFile, writeKeyFile } from "../token/keys/key_file.ts"
import {
  createImportedKeyRing,
  createSharedKeyRing,
  createTimedKeyRing,
  generateTimedKey,
  type KeyRing,
  type Signing,
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
  /** "refresh" for the key that makes refresh tokens; null for a shared secret. */
  readonly kid: string | null
  readonly alg: string
  readonly state: KeyState
  readonly signsFrom: number | null
  readonly keptUntil: number | null
}

/** The keys, and what can be done to them. */
export interface Keys {
  /** Always as it is now. */
  readonly ring: KeyRing
  /** The key that makes refresh tokens, as it is now. */
  readonly refreshKey: () => Uint8Array
  list(): readonly KeySummary[]
  /**
   * Publishes a new key, which signs one cache lifetime of the key set later.
   * @throws AuthError `invalid_request` when the keys are the operator's, or one is waiting already
   * @throws Unavailable when the file can't be written; nothing has changed
   */
  rotate(): Promise<KeySummary>
  /**
   * Drops a key at once, and all tokens that it signed. If it was the one that signs, another does
   * from now on. "refresh" drops the key of refresh tokens: everybody has to log in again.
   * @throws AuthError `not_found` for a kid that no key has, and as `rotate` does
   */
  retire(kid: string): Promise<void>
  /**
   * Drops keys whose last token has expired, and rotates when it is time.
   * @param surely an instant (epoch seconds) that has come for certain; without it, now
   */
  tend(surely?: number): Promise<void>
}

/** What the keys work with. */
export interface KeyParts {
  readonly directory: string
  readonly disk: Disk
  readonly clock: Clock
  readonly audit: Audit
  readonly warn: (event: string, message: string) => void
  /** Life of an access token. */
  readonly accessTtlSeconds: number
  /** For how much longer a token may be accepted. */
  readonly leewaySeconds: number
  /** Age at which a signing key is followed by another; null for never. */
  readonly rotationSeconds: number | null
}

/** The name under which `list` and `retire` know the key of refresh tokens. */
export const refreshKeyName = "refresh"

/**
 * Opens the keys, and makes those that are missing. The caller holds the store's lock.
 * @throws OperatorError when keys.json is there but not as written
 * @throws the system's error when it can't be read or written
 */
export async function openKeys(signing: Signing, parts: KeyParts): Promise<Keys> {
  const { directory, disk, clock, audit, warn } = parts
  const path = join(directory, keyFileName)
  const now = clock.now()
  const reading = await readKeyFile(path, disk, now)
  if (reading.warning !== null) warn("keys.mode_repaired", reading.warning)
  let file = reading.file ?? { refreshKey: newRefreshKey(), keys: [] }
  const isMissing = signing.kind === "generated" && keysOf(file, signing).length === 0
  if (isMissing) {
    const times = { publishedAt: now, signsFrom: now }
    const made = await generateTimedKey(signing.algorithm, times)
    file = { ...file, keys: [...file.keys, made] }
  }
  if (isMissing || !reading.isCurrent) await writeKeyFile(path, file, disk)
  if (isMissing) audit("key.made", { key: file.keys.at(-1)?.jwk.kid })
  const own = withEnds(keysOf(file, signing), tokenSeconds(parts))
  file = { ...file, keys: [...keysOfOthers(file, signing), ...own] }
  return new DeploymentKeys(file, await ringOf(signing, file), { ...parts, signing, path })
}

class DeploymentKeys implements Keys {
  readonly #parts: KeyParts & { readonly signing: Signing; readonly path: string }
  #file: KeyFile
  #ring: KeyRing
  /** Changes of the file go one after the other. */
  #last: Promise<unknown> = Promise.resolve()
  readonly ring: KeyRing = {
    signer: (now) => this.#ring.signer(now),
    find: (kid, now) => this.#ring.find(kid, now),
    published: (now) => this.#ring.published(now),
  }
  readonly refreshKey = () => this.#file.refreshKey

  constructor(
    file: KeyFile,
    ring: KeyRing,
    parts: KeyParts & { readonly signing: Signing; readonly path: string },
  ) {
    this.#file = file
    this.#ring = ring
    this.#parts = parts
  }

  list(): readonly KeySummary[] {
    const { signing, clock } = this.#parts
    const now = clock.now()
    const keys = keysOf(this.#file, signing)
    const rows = keys.map((key) => summary(key, keys, now))
    const { kid = null, alg } = this.#ring.signer(now)
    const brought = { kid, alg, state: "signing", signsFrom: null, keptUntil: null } as const
    const refresh = { kid: refreshKeyName, alg: "HMAC-SHA-256", state: "signing" } as const
    const times = { signsFrom: null, keptUntil: null }
    return [...(signing.kind === "generated" ? rows : [brought]), { ...refresh, ...times }]
  }

  rotate(): Promise<KeySummary> {
    return this.#alone(async () => {
      const { clock, audit } = this.#parts
      const algorithm = this.#generated()
      const now = clock.now()
      const keys = this.#keys()
      const waiting = waitingKey(keys, now)
      if (waiting !== undefined) {
        const message = `The key '${waiting.jwk.kid}' is published already and about to sign`
        throw new AuthError("invalid_request", message)
      }
      const times = { publishedAt: now, signsFrom: now + noticeSeconds }
      const added = await generateTimedKey(algorithm, times)
      await this.#replace(followedBy(keys, added, tokenSeconds(this.#parts)))
      audit("key.rotated", { key: added.jwk.kid })
      return summary(added, this.#keys(), now)
    })
  }

  retire(kid: string): Promise<void> {
    return this.#alone(async () => {
      const { clock, audit } = this.#parts
      if (kid === refreshKeyName) {
        await this.#write({ ...this.#file, refreshKey: newRefreshKey() })
        audit("key.retired", { key: kid })
        return
      }
      const algorithm = this.#generated()
      const now = clock.now()
      const keys = this.#keys()
      const retired = keys.find(({ jwk }) => jwk.kid === kid)
      if (retired === undefined) throw new AuthError("not_found", `There is no key '${kid}'`)
      const left = without(keys, retired, now)
      const isWithoutSigner = left.every(({ keptUntil }) => keptUntil !== null)
      const times = { publishedAt: now, signsFrom: now }
      const added = isWithoutSigner ? [await generateTimedKey(algorithm, times)] : []
      await this.#replace([...left, ...added])
      audit("key.retired", { key: kid })
    })
  }

  async tend(surely = this.#parts.clock.now()): Promise<void> {
    const { signing, clock, audit, rotationSeconds } = this.#parts
    if (signing.kind !== "generated") return
    await this.#alone(async () => {
      const over = this.#keys().filter((key) => isOver(key, surely))
      if (over.length === 0) return
      await this.#replace(this.#keys().filter((key) => !isOver(key, surely)))
      for (const { jwk } of over) audit("key.removed", { key: jwk.kid })
    })
    const now = clock.now()
    const keys = this.#keys()
    // A key that is dated ahead is not old: it may be the clock of now that is behind.
    const age = now - (signerOf(keys, now)?.publishedAt ?? now)
    const isDue = rotationSeconds !== null && age >= rotationSeconds
    if (isDue && waitingKey(keys, now) === undefined) await this.rotate()
  }

  #keys(): readonly TimedKey[] {
    return keysOf(this.#file, this.#parts.signing)
  }

  #generated(): PublishedAlgorithm {
    const { signing } = this.#parts
    if (signing.kind === "generated") return signing.algorithm
    const setting = signing.kind === "shared" ? "JWT_SECRET_KEY" : "JWT_PRIVATE_KEY"
    const message = `The key comes from ${setting}: change that and start Postern again`
    throw new AuthError("invalid_request", message)
  }

  /** Runs when no other change does. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }

  /** Keys of other algorithms stay as they are. */
  async #replace(keys: readonly TimedKey[]): Promise<void> {
    const others = keysOfOthers(this.#file, this.#parts.signing)
    const ring = await createTimedKeyRing(keys)
    await this.#write({ ...this.#file, keys: [...others, ...keys] })
    this.#ring = ring
  }

  async #write(file: KeyFile): Promise<void> {
    const { path, disk } = this.#parts
    try {
      await writeKeyFile(path, file, disk)
    } catch (cause) {
      if (systemCode(cause) === null) throw cause
      throw new Unavailable("The keys could not be stored", { cause })
    }
    this.#file = file
  }
}

/** For how long a token may be accepted. */
function tokenSeconds({ accessTtlSeconds, leewaySeconds }: KeyParts): number {
  return accessTtlSeconds + leewaySeconds
}

function keysOf(file: KeyFile, { algorithm }: Signing): readonly TimedKey[] {
  return file.keys.filter(({ jwk }) => jwk.alg === algorithm)
}

function keysOfOthers(file: KeyFile, { algorithm }: Signing): readonly TimedKey[] {
  return file.keys.filter(({ jwk }) => jwk.alg !== algorithm)
}

async function ringOf(signing: Signing, file: KeyFile): Promise<KeyRing> {
  if (signing.kind === "shared") return createSharedKeyRing(signing.secret, signing.algorithm)
  if (signing.kind === "imported") return createImportedKeyRing(signing.key, signing.algorithm)
  return createTimedKeyRing(keysOf(file, signing))
}

function summary(key: TimedKey, keys: readonly TimedKey[], now: number): KeySummary {
  const { jwk, signsFrom, keptUntil } = key
  const state = stateOf(key, keys, now)
  return { kid: jwk.kid ?? null, alg: String(jwk.alg), state, signsFrom, keptUntil }
}
