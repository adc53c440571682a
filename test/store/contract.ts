// What every engine must pass: one test for each promise of src/store/store.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import type { Store } from "../../src/store/store.ts"
import { changingContract, deletingContract } from "./contract_of_changes.ts"
import { conditionsContract, lastAdminContract } from "./contract_of_conditions.ts"
import { endingContract } from "./contract_of_endings.ts"
import { factorsContract } from "./contract_of_factors.ts"
import { factorsOnceContract } from "./contract_of_factors_at_once.ts"
import { factorsInSessionsContract } from "./contract_of_factors_in_sessions.ts"
import {
  clearingContract,
  contractOfUnknownUsers,
  countingContract,
  countingFullContract,
  uncountingContract,
} from "./contract_of_failed_logins.ts"
import { handlesContract } from "./contract_of_handles.ts"
import { historiesContract } from "./contract_of_histories.ts"
import { keysContract } from "./contract_of_keys.ts"
import { linksContract } from "./contract_of_links.ts"
import { pagesContract } from "./contract_of_pages.ts"
import { predecessorsContract } from "./contract_of_predecessors.ts"
import { namesContract, releasedContract, releasingContract } from "./contract_of_releases.ts"
import { resettingContract } from "./contract_of_resets.ts"
import { revivalContract } from "./contract_of_revivals.ts"
import { purgingContract, revokingContract } from "./contract_of_revocations.ts"
import { rotatingContract } from "./contract_of_rotations.ts"
import { serviceTokensContract } from "./contract_of_service_tokens.ts"
import { sessionSlicesContract } from "./contract_of_session_slices.ts"
import { listingContract, sessionCountContract, startingContract } from "./contract_of_sessions.ts"
import { touchingContract } from "./contract_of_touches.ts"
import { creatingAllContract, manyUsersContract } from "./contract_of_transfers.ts"
import { creatingContract, readingContract, seedingContract } from "./contract_of_users.ts"
import { nameOf, type OpenStore, thousand } from "./json/opened_store.ts"
import { sampleServiceToken } from "./sample_service_token.ts"
import { life, presented, sampleSession, startOptions, windowAt } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"
import { findSession } from "./session_calls.ts"

const oddNames = ["__proto__", "constructor", "tostring", "toString", "hasOwnProperty", "valueOf"]
const alice = sampleUser("alice")
const bob = sampleUser("bob")

/** Defines the tests for one engine. */
export function storeContract(engine: string, open: OpenStore): void {
  readingContract(engine, open)
  creatingContract(engine, open)
  seedingContract(engine, open)
  creatingAllContract(engine, open)
  manyUsersContract(engine, open)
  changingContract(engine, open)
  deletingContract(engine, open)
  conditionsContract(engine, open)
  lastAdminContract(engine, open)
  pagesContract(engine, open)
  releasingContract(engine, open)
  namesContract(engine, open)
  releasedContract(engine, open)
  countingContract(engine, open)
  countingFullContract(engine, open)
  uncountingContract(engine, open)
  contractOfUnknownUsers(engine, open)
  clearingContract(engine, open)
  startingContract(engine, open)
  predecessorsContract(engine, open)
  listingContract(engine, open)
  sessionCountContract(engine, open)
  rotatingContract(engine, open)
  touchingContract(engine, open)
  endingContract(engine, open)
  resettingContract(engine, open)
  revivalContract(engine, open)
  sessionSlicesContract(engine, open)
  linksContract(engine, open)
  factorsContract(engine, open)
  factorsInSessionsContract(engine, open)
  factorsOnceContract(engine, open)
  handlesContract(engine, open)
  historiesContract(engine, open)
  serviceTokensContract(engine, open)
  revokingContract(engine, open)
  purgingContract(engine, open)
  oddNamesContract(engine, open)
  keysContract(engine, open)
  closingContract(engine, open)
}

function oddNamesContract(engine: string, open: OpenStore): void {
  test(`${engine}: names that JavaScript's objects know are plain data`, async (t) => {
    const { store, reopen } = await open(t)
    for (const name of oddNames) {
      assert.equal(await store.users.find(name), null, name)
      assert.equal(await store.users.change(name, { disabled: false }), "unknown", name)
      assert.equal(await store.users.delete(name, windowAt()), null, name)
      assert.equal(await store.users.create(sampleUser(name)), "created", name)
      assert.deepEqual(await store.sessions.list(name), [], name)
      assert.equal(await findSession(store, name), null, name)
      const session = sampleSession(name, { username: name })
      const started = { user: sampleUser(name), ended: [] }
      assert.deepEqual(await store.sessions.start(session, startOptions()), started, name)
      assert.equal(await store.failures.find(name), null, name)
      await store.failures.count(name, "stranger")
    }
    const again = await reopen()
    assert.deepEqual((await again.users.list()).map(nameOf), [...oddNames].sort())
    for (const name of oddNames) {
      assert.deepEqual(await again.users.find(name), sampleUser(name), name)
      const session = sampleSession(name, { username: name })
      assert.deepEqual(await again.sessions.list(name), [session], name)
      const failed = { username: name, strangers: 1, devices: 0 }
      assert.deepEqual(await again.failures.find(name), failed, name)
      const deleted = { user: sampleUser(name), ended: [session] }
      assert.deepEqual(await again.users.delete(name, windowAt()), deleted, name)
      assert.equal(await again.users.create(sampleUser(name)), "reserved", name)
    }
    assert.equal(Object.hasOwn(Object.prototype, "passwordHash"), false)
  })
}

function closingContract(engine: string, open: OpenStore): void {
  test(`${engine}: an open store is usable and in its place`, async (t) => {
    const { store } = await open(t)
    assert.deepEqual([await store.isUsable(), store.isInPlace()], [true, true])
  })

  test(`${engine}: close() ends what is under way first`, async (t) => {
    const { store, reopen } = await open(t)
    const adds = thousand
      .slice(0, 50)
      .map((index) => store.users.create(sampleUser(`user${index}`)))
    const again = await reopen()
    assert.deepEqual(new Set(await Promise.all(adds)), new Set(["created"]))
    assert.equal(await again.users.count(), 50)
  })

  test(`${engine}: a closed store is Unavailable`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    await store.close()
    await store.close()
    const calls = callsOf(store)
    for (const [name, call] of Object.values(calls).flatMap((noun) => Object.entries(noun))) {
      await assert.rejects(
        async () => call(),
        (error) => error instanceof Unavailable && error.message === "The store is closed",
        name,
      )
    }
  })
}

type Calls = {
  readonly [Noun in "users" | "sessions" | "failures" | "serviceTokens" | "keys"]: {
    readonly [Method in Exclude<keyof Store[Noun], "place" | "knownVersion">]: () => unknown
  }
}

/** A call of every method. */
function callsOf({ users, sessions, failures, serviceTokens, keys }: Store): Calls {
  const options = { window: windowAt() }
  return {
    users: {
      find: () => users.find("alice"),
      findByHandle: () => users.findByHandle("h"),
      count: () => users.count(),
      list: () => users.list(),
      findName: () => users.findName("alice"),
      create: () => users.create(bob),
      createAll: () => users.createAll([bob], { isTrial: false }),
      slices: async () => {
        for await (const _ of users.slices());
      },
      seed: () => users.seed([bob]),
      page: () => users.page({ after: "", limit: 1, search: "", role: "" }),
      change: () => users.change("alice", { disabled: false }),
      reset: () => users.reset("alice", {}, options),
      reviveAll: () => users.reviveAll(windowAt()),
      delete: () => users.delete("alice", windowAt()),
      release: () => users.release("alice"),
    },
    sessions: {
      find: () => sessions.find("s1"),
      count: () => sessions.count(1),
      list: () => sessions.list("alice"),
      slices: async () => {
        for await (const _ of sessions.slices());
      },
      lastUse: () => sessions.lastUse(),
      start: () => sessions.start(sampleSession("s1"), startOptions()),
      rotate: () => sessions.rotate("s1", presented(0)),
      touch: () => sessions.touch("s1", { at: 1, address: "::1", userAgent: "" }, life),
      end: () => sessions.end("s1", options),
      endAll: () => sessions.endAll("alice", options),
      revokeToken: () => sessions.revokeToken({ jti: "j1", expiresAt: 1, isListed: true }),
      isTokenRevoked: () => sessions.isTokenRevoked("j1"),
      revocations: () => sessions.revocations(1),
      purge: () => sessions.purge(1),
    },
    ...callsOfOthers({ failures, serviceTokens, keys }),
  }
}

function callsOfOthers({
  failures,
  serviceTokens,
  keys,
}: Pick<Store, "failures" | "serviceTokens" | "keys">): Pick<
  Calls,
  "failures" | "serviceTokens" | "keys"
> {
  return {
    failures: {
      find: () => failures.find("alice"),
      count: () => failures.count("alice", "stranger"),
      uncount: () => failures.uncount("alice", "stranger"),
      clear: () => failures.clear("alice"),
      countFull: () => failures.countFull(1),
    },
    serviceTokens: {
      create: () => serviceTokens.create(sampleServiceToken("ci")),
      findByHash: () => serviceTokens.findByHash("h"),
      list: () => serviceTokens.list(),
      revoke: () => serviceTokens.revoke("ci"),
      revokeAll: () => serviceTokens.revokeAll(),
      noteUse: () => serviceTokens.noteUse("h", { at: 1, address: "::1" }),
    },
    keys: {
      read: () => keys.read(),
      version: () => keys.version(),
      replace: () => keys.replace(Buffer.from("{}"), { ifVersion: null }),
    },
  }
}
