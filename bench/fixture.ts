// What all servers of a run know: users with one password, access tokens of sessions that are in
// Postern's store, and the files with them. The tokens are signed by Postern's own code, once for
// HS256, which every server takes, and once for ES256, Postern's default.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hash } from "@node-rs/argon2"
import type { Session } from "../src/domain/session.ts"
import type { User } from "../src/domain/user.ts"
import { hashParametersMin } from "../src/password/phc.ts"
import { byPassword, newSession } from "../src/service/session_tokens.ts"
import { makeSegments } from "../src/store/json/journal.ts"
import { keysFileName } from "../src/store/json/keys_file.ts"
import { snapshotName, writeSnapshot } from "../src/store/json/snapshot.ts"
import { emptyTables } from "../src/store/json/tables.ts"
import { machineDisk } from "../src/system/disk.ts"
import { randomKey, randomName } from "../src/system/random.ts"
import { signAccessToken, type TokenSettings } from "../src/token/access_token.ts"
import { writeCookieValue } from "../src/token/cookie_value.ts"
import { newKeyFile, writeKeyFile } from "../src/token/keys/key_file.ts"
import {
  createSharedKeyRing,
  createTimedKeyRing,
  generateTimedKey,
} from "../src/token/keys/key_ring.ts"
import { writeRefreshToken } from "../src/token/refresh_token.ts"

/** The password of every user. */
export const rightPassword = "korrekt-pferd-batterie"

/** How many users there are; 50 sessions each, Postern's limit, make 100,000. */
export const userCount = 2000

/** The `iss` of Postern's published tokens. */
export const issuer = "http://localhost"

/** A host that is protected where a scenario protects one. */
export const appHost = "app.bench.example"

/** By which key tokens are signed. */
export type Profile = "shared" | "published"

/** What is in a store. */
export interface StoreRecords {
  readonly users: readonly User[]
  readonly sessions: readonly Session[]
  /** The document of the keys, for a profile. */
  readonly keyFile: (profile: Profile) => ReturnType<typeof writeKeyFile>
}

/** Tokens of as many users as there are, and what the servers are given. */
export interface Fixture {
  readonly secret: string
  /** JSON: hashes by username. */
  readonly usersFile: string
  /** A directory of this fixture, to be removed with it. */
  readonly directory: string
  /** The tokens of a profile; the nth is of the user n modulo their number. */
  readonly tokens: Readonly<Record<Profile, readonly string[]>>
  /** The first refresh tokens of the same sessions. */
  readonly refreshTokens: readonly string[]
  /** The cookies of the same sessions for `appHost`. */
  readonly gateCookies: readonly string[]
  /** What a store has to have for these tokens. */
  readonly records: StoreRecords
  /** Makes a data directory for Postern. */
  readonly makeStore: (profile: Profile) => Promise<string>
  readonly remove: () => void
}

/** The name of the nth user. */
export function usernameOf(number: number): string {
  return `user${number % userCount}`
}

/** Hashes the password as the service does. */
export function hashPassword(): Promise<string> {
  const { memoryKib: memoryCost, passes: timeCost } = hashParametersMin
  return hash(rightPassword, { memoryCost, timeCost, parallelism: 1 })
}

/** A user of the store. */
export function storedUser(username: string, passwordHash: string): User {
  const rest = {
    createdAt: 0,
    roles: [],
    claims: {},
    tokensNotBefore: 0,
    link: null,
    factors: null,
  }
  return { username, passwordHash, disabled: false, ...rest }
}

/** Makes everything for so many tokens. */
export async function makeFixture(tokenCount: number): Promise<Fixture> {
  const directory = mkdtempSync(join(tmpdir(), "postern-bench-"))
  const now = Math.floor(Date.now() / 1000)
  const secret = Buffer.from(randomKey(48)).toString("base64")
  const passwordHash = await hashPassword()
  const usernames = Array.from({ length: userCount }, (_, number) => usernameOf(number))
  const usersFile = join(directory, "users.json")
  const hashes = Object.fromEntries(usernames.map((username) => [username, passwordHash]))
  writeFileSync(usersFile, JSON.stringify(hashes))
  const sessions = Array.from({ length: tokenCount }, (_, number) => sessionOf(number, now))
  const timed = await generateTimedKey("ES256", { publishedAt: now, signsFrom: now })
  const rings = {
    shared: await createSharedKeyRing({ secret }, "HS256"),
    published: await createTimedKeyRing([timed]),
  }
  const tokens = {
    shared: await sign(sessions, settingsOf("shared", rings.shared), now),
    published: await sign(sessions, settingsOf("published", rings.published), now),
  }
  const newKeys = newKeyFile()
  const { refreshKey, cookieKey } = newKeys
  const gateCookies = sessions.map(({ sid }) =>
    writeCookieValue("gate", { sid, host: appHost }, cookieKey),
  )
  const refreshTokens = sessions.map((session) => writeRefreshToken(session, refreshKey))

  const records: StoreRecords = {
    users: usernames.map((name) => storedUser(name, passwordHash)),
    sessions,
    keyFile: (profile) =>
      writeKeyFile({ ...newKeys, keys: profile === "published" ? [timed] : [] }),
  }

  async function makeStore(profile: Profile): Promise<string> {
    const data = join(directory, randomName())
    mkdirSync(data, { mode: 0o700 })
    const tables = emptyTables()
    for (const user of records.users) tables.users.set(user.username, user)
    for (const session of sessions) tables.sessions.set(session.sid, session)
    await makeSegments(data, machineDisk)
    await writeSnapshot(join(data, snapshotName), 0, tables, machineDisk)
    writeFileSync(join(data, keysFileName), records.keyFile(profile), { mode: 0o600 })
    return data
  }

  const remove = () => rmSync(directory, { recursive: true, force: true })
  const given = { tokens, refreshTokens, gateCookies }
  return { secret, usersFile, directory, ...given, records, makeStore, remove }
}

function sessionOf(number: number, now: number): Session {
  const from = { address: "127.0.0.1", userAgent: "bench", requestId: "" }
  const life = { idleSeconds: 14 * 86_400, maxAgeSeconds: 30 * 86_400 }
  const named = { sid: randomName(), username: usernameOf(number) }
  const start = { ...named, startedAt: now, ...byPassword }
  return newSession(start, from, { at: now, steadyAt: now, life })
}

function settingsOf(profile: Profile, ring: TokenSettings["ring"]): TokenSettings {
  const names = profile === "shared" ? [] : [issuer]
  const accepted = { acceptedIssuers: names, acceptedAudiences: names }
  // As long as Postern accepts any: a whole run has to fit in.
  const times = { accessTtlSeconds: 86_400, leewaySeconds: 0 }
  return { profile, issuer: names[0], audience: names[0], ...accepted, ...times, ring }
}

async function sign(
  sessions: readonly Session[],
  settings: TokenSettings,
  now: number,
): Promise<readonly string[]> {
  const tokens: string[] = []
  for (const { sid, username, expiresAt } of sessions) {
    const grant = { username, roles: [], claims: {}, sid, sessionExpiresAt: expiresAt, fresh: true }
    const login = { authTime: now, issuedAt: now, acr: "aal1", amr: byPassword.amr }
    const issued = await signAccessToken({ ...grant, ...login }, settings)
    tokens.push(issued.token)
  }
  return tokens
}
