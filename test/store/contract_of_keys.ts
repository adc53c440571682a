// What every engine must pass: the document of the keys.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type OpenStore, thenReopened, thousand } from "./json/opened_store.ts"

const bytesOf = (text: string) => Buffer.from(text)

/** Defines the tests of `keys.read` and `keys.replace`. */
export function keysContract(engine: string, open: OpenStore): void {
  test(`${engine}: keys.read() gives null until the first document, then each one`, async (t) => {
    const opened = await open(t)
    assert.equal(await opened.store.keys.read(), null)
    assert.equal(await opened.store.keys.version(), null)
    let version: number | null = null
    for (const text of ["first", "second", ""]) {
      const before: number | null = version
      version = await opened.store.keys.replace(bytesOf(text), { ifVersion: before })
      assert.ok(version !== null && version !== before, text)
      const found = await opened.store.keys.read()
      assert.deepEqual([found?.version, String(found?.bytes)], [version, text])
      assert.equal(await opened.store.keys.version(), version)
      assert.equal(opened.store.keys.knownVersion(), version)
    }
    for await (const { keys } of thenReopened(opened)) {
      assert.equal(await keys.version(), (await keys.read())?.version)
      assert.equal(String((await keys.read())?.bytes), "")
    }
  })

  test(`${engine}: keys.replace() of another version changes nothing`, async (t) => {
    const { store, reopen } = await open(t)
    const first = await store.keys.replace(bytesOf("first"), { ifVersion: null })
    const second = await store.keys.replace(bytesOf("second"), { ifVersion: first })
    for (const ifVersion of [null, first]) {
      assert.equal(await store.keys.replace(bytesOf("other"), { ifVersion }), null)
    }
    assert.equal((await store.keys.read())?.version, second)
    const again = await reopen()
    assert.equal(await again.keys.replace(bytesOf("other"), { ifVersion: null }), null)
    assert.equal(String((await again.keys.read())?.bytes), "second")
  })

  test(`${engine}: keys.replace() of one version 1000 times at once replaces once`, async (t) => {
    const { store } = await open(t)
    let version: number | null = null
    for (const _ of ["the first document", "the second"]) {
      const ifVersion: number | null = version
      const outcomes: readonly (number | null)[] = await Promise.all(
        thousand.map((index) => store.keys.replace(bytesOf(`${index}`), { ifVersion })),
      )
      const won = outcomes.filter((outcome) => outcome !== null)
      assert.equal(won.length, 1)
      const found = await store.keys.read()
      const winner = outcomes.findIndex((outcome) => outcome !== null)
      assert.deepEqual([found?.version, String(found?.bytes)], [won[0], `${winner}`])
      version = won[0] ?? null
    }
  })
}
