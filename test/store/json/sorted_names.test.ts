// Names in order, while they are put in order and afterwards.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { SortedNames } from "../../../src/store/json/sorted_names.ts"

function allOf(names: SortedNames, most: number): readonly string[] {
  const all: string[] = []
  for (let last = ""; ; ) {
    const next = names.after(last, most)
    all.push(...next)
    if (next.length < most) return all
    last = next.at(-1) ?? last
  }
}

test("SortedNames keeps the names in order after random additions and removals", async () => {
  const name = fc.string({ minLength: 1, maxLength: 2, unit: "binary-ascii" })
  const step = fc.tuple(name, fc.boolean())
  await fc.assert(
    fc.asyncProperty(fc.array(name), fc.array(step), async (first, steps) => {
      const source = new Map(first.map((one) => [one, true]))
      const names = new SortedNames(source)
      const ready = names.ready
      for (const [one, isThere] of steps) {
        if (isThere) source.set(one, true)
        else source.delete(one)
        names.note(one, isThere)
      }
      await ready
      const expected = [...source.keys()].sort()
      for (const most of [1, 3, 1000]) assert.deepEqual(allOf(names, most), expected)
    }),
    { numRuns: 200 },
  )
})

test("SortedNames follows its source while it is put in order", async () => {
  const source = new Map(Array.from({ length: 10_000 }, (_, index) => [`n${index}`, true]))
  const names = new SortedNames(source)
  const ready = names.ready
  for (const [name, isThere] of [
    ["n1", false],
    ["n9999", false],
    ["a", true],
    ["z", true],
  ] as const) {
    if (isThere) source.set(name, true)
    else source.delete(name)
    names.note(name, isThere)
  }
  source.delete("n9998")
  names.note("n9998", false)
  source.set("n9998", true)
  names.note("n9998", true)
  await ready
  assert.deepEqual(allOf(names, 700), [...source.keys()].sort())
})

test("SortedNames keeps 5000 names in order that come and go one by one", async () => {
  const source = new Map<string, true>()
  const names = new SortedNames(source)
  await names.ready
  for (let index = 0; index < 5000; index += 1) {
    const name = `n${(index * 3701) % 5000}`
    source.set(name, true)
    names.note(name, true)
  }
  assert.deepEqual(allOf(names, 64), [...source.keys()].sort())
  for (const name of [...source.keys()]) {
    if (name.endsWith("7")) continue
    source.delete(name)
    names.note(name, false)
  }
  assert.deepEqual(allOf(names, 64), [...source.keys()].sort())
  for (const name of [...source.keys()]) names.note(name, false)
  assert.deepEqual(names.after("", 10), [])
})
