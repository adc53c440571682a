// A store's whole content for tests of copies: every member of every record is set, to something
// else in each record, and the numbers are as large as they get.

import type { Factors } from "../../src/domain/factors.ts"
import type { UserLink } from "../../src/domain/user.ts"
import type { Content, Counts } from "../../src/store/copying.ts"
import { sliceMax } from "../../src/store/copying.ts"
import { type Records, type TableName, tableNames } from "../../src/store/records.ts"
import { recoveryCodes, samplePasskey } from "./sample_factors.ts"
import { sampleSession, start } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const decadeSeconds = 10 * 365 * 86_400
const largest = 2 ** 48 - 2
const agents = ["Browser/1.0", "Ünïcode/2 \u{1f511}", "quotes \" ' \\ and $1"]

/** The record of a number, by table. */
function linkOf(at: number): UserLink {
  const removesFactors = at % 8 === 0
  return { kind: "reset", tag: `tag-${at}`, expiresAt: start + at, removesFactors }
}

const makers: { readonly [T in TableName]: (at: number) => Records[T] } = {
  users: (at) =>
    sampleUser(nameOf(at), {
      passwordHash: sampleHash("ABCDEFGHIJ"[at % 10]),
      roles: at % 3 === 0 ? [] : ["admin", `role-${at}`],
      claims: claimsOf(at),
      disabled: at % 7 === 0,
      createdAt: start - 1000 + at,
      tokensNotBefore: at % 5 === 0 ? start + at : 0,
      factors: at % 3 === 0 ? null : factorsOf(at),
      link: at % 4 === 0 ? linkOf(at) : null,
    }),
  reservedNames: (at) => ({
    username: `gone-${nameOf(at)}`,
    deletedAt: start + at,
    isReleased: at % 2 === 0,
  }),
  sessions: (at) =>
    sampleSession(`s${String((at * 7919) % 1_000_003).padStart(7, "0")}.~-_`, {
      username: nameOf(at),
      startedAt: start + (at % 50),
      lastUsedAt: start + 100 + at,
      rotatedAt: start + 99 + at,
      // No service that runs on them removes them.
      idleExpiresAt: start + decadeSeconds + at,
      expiresAt: start + decadeSeconds + 2 * at,
      rotations: at % 11 === 0 ? largest : at,
      address: at % 2 === 0 ? `2001:db8::${(at % 65_535).toString(16)}` : `192.0.2.${at % 256}`,
      userAgent: agents[at % 3] ?? "",
      usedBefore:
        at % 4 === 0 ? null : { at: start + at, address: "198.51.100.9", userAgent: `Old/${at}` },
      sharedRotation: at % 13,
      sharedRun: at % 3,
      amr: [["pwd"], ["pwd", "otp"], ["hwk"], []][at % 4] ?? [],
      factorAt: at % 4 === 0 ? null : start + at,
    }),
  endedSessions: (at) => ({ sid: `e${nameOf(at)}`, tokensExpireAt: start + 900 + at }),
  revokedTokens: (at) => ({
    jti: `j${nameOf(at)}`,
    expiresAt: start + at,
    isListed: at % 2 === 0,
  }),
  failedLogins: (at) => ({ username: nameOf(at), strangers: (at % 70) + 1, devices: at % 9 }),
  loginHistories: (at) => ({
    username: nameOf(at),
    logins: at % 2 === 0 ? [] : [{ at: start + at, address: "192.0.2.7" }],
    failures: [
      { at: start + at, address: `2001:db8::${at % 9}`, count: at + 1 },
      { at: start + at, address: `2001:db8::${at % 9}`, count: 1, isCode: true },
    ],
  }),
  serviceTokens: (at) => ({
    name: nameOf(at),
    hash: `hash-${at}`,
    roles: at % 3 === 0 ? [] : ["admin", `role-${at}`],
    fresh: at % 2 === 0,
    acr: at % 4 < 2 ? "aal1" : "aal2",
    createdAt: start + at,
    expiresAt: start + 2 * at,
    lastUsedAt: at % 5 === 0 ? null : start + at,
    lastAddress: at % 5 === 0 ? "" : `2001:db8::${(at % 65_535).toString(16)}`,
  }),
}

/** Makes a content of so many records of each table; `counts` replaces some of the numbers. */
export function sampleContent(count: number, counts: Partial<Counts> = {}): Content {
  const of = Object.fromEntries(tableNames.map((table) => [table, count])) as Counts
  const all = { ...of, ...counts }
  return {
    keys: Buffer.from(`{"keys":"of a test, in bytes that nobody reads","é":${count}}\n`),
    count: async () => all,
    async *read<T extends TableName>(table: T) {
      const make = makers[table] as (at: number) => Records[T]
      for (let at = 0; at < all[table]; at += sliceMax) {
        const length = Math.min(sliceMax, all[table] - at)
        yield Array.from({ length }, (_, index) => make(at + index))
      }
    },
  }
}

function nameOf(at: number): string {
  return `user-${String(at).padStart(7, "0")}`
}

/** Each list is empty in some, and each member is null in some. */
function factorsOf(at: number): Factors {
  const id = `id-${at}`
  const name = `Ünïcode \u0000 \ud800 " ' \\ ${at}`
  const sealedSecret = `sealed-${at}`
  const used = { createdAt: start + at, lastUsedAt: at % 2 === 0 ? null : start + 2 * at }
  const totp = { id, sealedSecret, ...used, lastStep: largest - at }
  const ticket = { id, expiresAt: start + at, tries: at % 6, isUsed: at % 2 === 0 }
  const trusted = { id, userAgent: name, createdAt: start, expiresAt: start + at }
  const passkeys = Array.from({ length: at % 3 }, (_, index) => ({
    ...samplePasskey(`${id}-${index}`, { counter: 2 ** 32 - 1 - at, name, ...used }),
    isSynced: index === 0,
    transports: index === 0 ? [] : ["internal", "hybrid"],
  }))
  return {
    handle: `handle-${at}`,
    totp: at % 5 === 0 ? null : totp,
    pendingTotp: at % 7 === 0 ? { id, sealedSecret, expiresAt: start + at } : null,
    recoveryCodes: recoveryCodes("ABCDEFGHIJ"[at % 10]).slice(at % 11),
    passkeys,
    failures: at % 101,
    tickets: at % 2 === 0 ? [] : [ticket],
    trusted: at % 4 === 0 ? [] : [trusted],
  }
}

function claimsOf(at: number): Records["users"]["claims"] {
  if (at % 4 === 0) return {}
  return { tenant: at, deep: { list: [null, true, "\u0000 \ud800 é", 1.5e300] }, 7: "seven" }
}
