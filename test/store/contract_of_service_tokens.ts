// What every engine must pass about service tokens.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
import { sampleServiceToken } from "./sample_service_token.ts"
import { start } from "./sample_session.ts"

const token = sampleServiceToken("ci", { roles: ["deploy", "reader"], fresh: true, acr: "aal2" })
const address = "2001:db8::7"

/** Defines the tests of service tokens. */
export function serviceTokensContract(engine: string, open: OpenStore): void {
  keepingContract(engine, open)
  revokingContract(engine, open)
  usesContract(engine, open)
}

function keepingContract(engine: string, open: OpenStore): void {
  test(`${engine}: serviceTokens.create() keeps a token, found by its hash alone`, async (t) => {
    const { store, reopen } = await open(t)
    assert.equal(await store.serviceTokens.findByHash(token.hash), null)
    assert.deepEqual(await store.serviceTokens.list(), [])
    assert.equal(await store.serviceTokens.create(token), "created")
    for await (const { serviceTokens } of thenReopened({ store, reopen })) {
      const found = await serviceTokens.findByHash(token.hash)
      assert.deepEqual(found, token)
      assert.ok(Object.isFrozen(found) && Object.isFrozen(found?.roles))
      for (const hash of ["", "ci", "__proto__", token.hash.toUpperCase(), "\0"]) {
        assert.equal(await serviceTokens.findByHash(hash), null, hash)
      }
    }
  })

  test(`${engine}: serviceTokens.create() of a hundred at once makes one of each name`, async (t) => {
    const { store } = await open(t)
    const made = thousand
      .slice(0, 100)
      .map((at) =>
        store.serviceTokens.create(sampleServiceToken(`name${at % 2}`, { hash: `hash${at}` })),
      )
    assert.deepEqual(tally(await Promise.all(made)), { created: 2, taken: 98 })
    const tokens = await store.serviceTokens.list()
    assert.deepEqual(
      tokens.map(({ name }) => name),
      ["name0", "name1"],
    )
    for (const one of tokens) {
      assert.deepEqual(await store.serviceTokens.findByHash(one.hash), one)
    }
    const losers = thousand
      .slice(0, 100)
      .filter((at) => !tokens.some((one) => one.hash === `hash${at}`))
    for (const at of losers) {
      assert.equal(await store.serviceTokens.findByHash(`hash${at}`), null)
    }
  })

  test(`${engine}: serviceTokens.list() has a thousand tokens in the order of their names`, async (t) => {
    const { store, reopen } = await open(t)
    const tokens = thousand.map((at) => sampleServiceToken(`t${String(at).padStart(3, "0")}`))
    await Promise.all(tokens.toReversed().map((one) => store.serviceTokens.create(one)))
    for await (const { serviceTokens } of thenReopened({ store, reopen })) {
      assert.deepEqual(await serviceTokens.list(), tokens)
      assert.deepEqual(await serviceTokens.findByHash("hash-of-t500"), tokens[500])
    }
  })
}

function revokingContract(engine: string, open: OpenStore): void {
  test(`${engine}: serviceTokens.revoke() removes a token once, and frees its name`, async (t) => {
    const { store, reopen } = await open(t)
    const { serviceTokens } = store
    await serviceTokens.create(token)
    await serviceTokens.create(sampleServiceToken("other"))
    assert.equal(await serviceTokens.revoke("nobody"), null)
    assert.equal(await serviceTokens.revoke("\0"), null)
    const revoked = await Promise.all([serviceTokens.revoke("ci"), serviceTokens.revoke("ci")])
    assert.deepEqual(new Set(revoked), new Set([token, null]))
    assert.equal(await serviceTokens.findByHash(token.hash), null)
    const next = { ...token, hash: "another" }
    assert.equal(await serviceTokens.create(next), "created")
    for await (const one of thenReopened({ store, reopen })) {
      assert.equal(await one.serviceTokens.findByHash(token.hash), null)
      assert.deepEqual(await one.serviceTokens.findByHash("another"), next)
      assert.deepEqual(await one.serviceTokens.list(), [next, sampleServiceToken("other")])
    }
  })

  test(`${engine}: serviceTokens.revokeAll() removes all tokens`, async (t) => {
    const { store, reopen } = await open(t)
    assert.equal(await store.serviceTokens.revokeAll(), 0)
    await store.serviceTokens.create(token)
    await store.serviceTokens.create(sampleServiceToken("other"))
    assert.equal(await store.serviceTokens.revokeAll(), 2)
    for await (const { serviceTokens } of thenReopened({ store, reopen })) {
      assert.deepEqual(await serviceTokens.list(), [])
      assert.equal(await serviceTokens.findByHash(token.hash), null)
    }
  })
}

function usesContract(engine: string, open: OpenStore): void {
  test(`${engine}: serviceTokens.noteUse() notes a use a minute after the last one`, async (t) => {
    const { store, reopen } = await open(t)
    await store.serviceTokens.create(token)
    await store.serviceTokens.create(sampleServiceToken("other"))
    const uses = [
      { at: start + 5, address },
      { at: start + 64, address: "192.0.2.1" },
      { at: start + 65, address: "192.0.2.2" },
      { at: start + 66, address: "192.0.2.3" },
      { at: start + 6, address: "192.0.2.4" },
    ]
    for (const use of uses) await store.serviceTokens.noteUse(token.hash, use)
    await store.serviceTokens.noteUse("unknown", { at: start, address })
    const used = { ...token, lastUsedAt: start + 65, lastAddress: "192.0.2.2" }
    // A use by a clock that was far ahead is taken back.
    await store.serviceTokens.create(sampleServiceToken("third"))
    const third = "hash-of-third"
    for (const at of [start + 9000, start + 70]) {
      await store.serviceTokens.noteUse(third, { at, address })
    }
    const back = sampleServiceToken("third", { lastUsedAt: start + 70, lastAddress: address })
    for await (const { serviceTokens } of thenReopened({ store, reopen })) {
      assert.deepEqual(await serviceTokens.list(), [used, sampleServiceToken("other"), back])
    }
  })

  test(`${engine}: serviceTokens.noteUse() gives no revoked token back`, async (t) => {
    const { store, reopen } = await open(t)
    await store.serviceTokens.create(token)
    const use = { at: start + 5, address }
    const { serviceTokens } = store
    await Promise.all([serviceTokens.revoke("ci"), serviceTokens.noteUse(token.hash, use)])
    await serviceTokens.create({ ...token, hash: "another" })
    await serviceTokens.noteUse(token.hash, use)
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.serviceTokens.list(), [{ ...token, hash: "another" }])
    }
  })
}
