import assert from "node:assert/strict"
import { test } from "node:test"
import { BoundedMap } from "../../src/system/bounded_map.ts"

/** A map of at most three entries, which has these keys. */
function createMap(...keys: readonly string[]): BoundedMap<string> {
  const map = new BoundedMap<string>(3)
  for (const key of keys) map.set(key, key.toUpperCase())
  return map
}

test("BoundedMap gives the value that was set last, and null for a missing key", () => {
  const map = createMap("a", "b")
  map.set("a", "again")
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.size], ["again", "B", null, 2])
  map.delete("a")
  map.delete("never there")
  assert.deepEqual([map.get("a"), map.size], [null, 1])
})

test("BoundedMap keeps names that JavaScript's objects know apart from those", () => {
  const map = createMap()
  for (const name of ["__proto__", "constructor"]) {
    assert.equal(map.get(name), null)
    map.set(name, "mine")
    assert.equal(map.get(name), "mine")
  }
})

test("BoundedMap drops the entry that was set longest ago", () => {
  const map = createMap("a", "b", "c")
  map.set("a", "again")
  map.set("d", "D")
  assert.deepEqual([...map.keys()], ["c", "a", "d"])
  map.set("e", "E")
  assert.deepEqual([...map.keys()], ["a", "d", "e"])
})

test("BoundedMap does not take a look for a touch", () => {
  const map = createMap("a", "b", "c")
  map.get("a")
  map.set("d", "D")
  assert.deepEqual([...map.keys()], ["b", "c", "d"])
})

test("BoundedMap lets go nothing for a key that it has", () => {
  const map = createMap("a", "b", "c")
  for (const key of ["c", "b", "a"]) map.set(key, "again")
  assert.deepEqual([...map.keys()], ["c", "b", "a"])
})

test("BoundedMap with weights lets go as many as the new entry needs, and keeps one that is too heavy", () => {
  const map = new BoundedMap<string>(6, ({ length }) => length)
  map.set("a", "aa")
  map.set("b", "bb")
  map.set("c", "cc")
  map.set("d", "ddd")
  assert.deepEqual([...map.keys()], ["c", "d"])
  map.set("c", "c")
  map.set("e", "ee")
  assert.deepEqual([...map.keys()], ["d", "c", "e"])
  map.set("f", "ffffffff")
  assert.deepEqual([...map.keys()], ["f"])
  map.clear()
  for (const key of ["g", "h", "i"]) map.set(key, "xx")
  assert.deepEqual([...map.keys()], ["g", "h", "i"])
})

test("BoundedMap of 20,000 never has more, also after 100,000 names", () => {
  const map = new BoundedMap<number>(20_000)
  let most = 0
  for (let count = 0; count < 100_000; count += 1) {
    map.set(`name${count}`, count)
    most = Math.max(most, map.size)
  }
  assert.equal(most, 20_000)
  assert.equal([...map.keys()][0], "name80000")
})
