// Two clients that go on with one session: who is another, and what counts as theft.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  isAnotherClient,
  judge,
  markShared,
  moveOn,
  type Session,
} from "../../src/domain/session.ts"
import { graceSeconds, life, sampleSession, start } from "../store/sample_session.ts"

const session = sampleSession("s1")
const own = { address: session.address, userAgent: session.userAgent }
const thief = { address: "198.51.100.9", userAgent: "curl/8" }

// Beside a session of 192.0.2.7 and Browser/1.0.
const clients: readonly (readonly [address: string, userAgent: string, isAnother: boolean])[] = [
  ["192.0.2.7", "Browser/1.0", false],
  ["192.0.2.7", "Browser/1.1", false],
  ["198.51.100.9", "Browser/1.0", false],
  ["2001:db8::7", "Browser/1.0", false],
  ["::ffff:192.0.2.7", "curl/8", false],
  ["192.0.2.8", "curl/8", true],
  ["192.0.2.8", "", true],
  ["2001:db8::7", "curl/8", true],
  ["", "curl/8", true],
]

for (const [address, userAgent, isAnother] of clients) {
  const word = isAnother ? "another" : "the same"
  test(`isAnotherClient() counts '${userAgent}' at '${address}' as ${word}`, () => {
    assert.equal(isAnotherClient(session, { address, userAgent }), isAnother)
    // And the other way round.
    const theirs = { ...session, address, userAgent }
    assert.equal(isAnotherClient(theirs, own), isAnother)
  })
}

test("isAnotherClient() counts addresses of one /64 as one client", () => {
  const there = { ...session, address: "2001:db8:0:1::1" }
  const asking = (address: string) => isAnotherClient(there, { address, userAgent: "curl/8" })
  assert.deepEqual(["2001:db8:0:1:ffff::2", "2001:db8:0:2::1"].map(asking), [false, true])
})

const moment = { at: start, steadyAt: start }

/** What becomes of a session in whose generations these ask, each with the token they have. */
function judgeInTurn(generations: readonly (readonly (typeof own)[])[]): readonly string[] {
  let current: Session = session
  return generations.map((askers) => {
    const presented = current.rotations
    return askers
      .map((client) => {
        const use = { presented, ...client }
        const judged = judge(current, use, { ...moment, graceSeconds })
        if (judged === "current") current = moveOn(current, use, { ...moment, life })
        if (judged === "shared") current = markShared(current)
        return judged
      })
      .join(" ")
  })
}

const sharings: readonly (readonly [
  name: string,
  generations: readonly (readonly (typeof own)[])[],
  judged: readonly string[],
])[] = [
  [
    "the third time in a row that a thief asks after the owner",
    Array(3).fill([own, thief]),
    ["current shared", "current shared", "current reused"],
  ],
  [
    "the third time in a row that the owner asks after a thief",
    Array(3).fill([thief, own]),
    ["current shared", "current shared", "current reused"],
  ],
  [
    "in either order",
    [
      [own, thief],
      [thief, own],
      [own, thief],
    ],
    ["current shared", "current shared", "current reused"],
  ],
  [
    "a generation once, however often it is asked for",
    [
      [own, thief, thief, own, thief],
      [own, thief],
      [own, own],
    ],
    ["current shared parent parent parent", "current shared", "current parent"],
  ],
  [
    "not those before a generation that only one client has",
    [[own, thief], [own, thief], [own], [own, thief], [own, thief], [own, thief]],
    [
      ...["current shared", "current shared", "current"],
      ...["current shared", "current shared", "current reused"],
    ],
  ],
  ["nothing of tabs of one client", Array(9).fill([own, own]), Array(9).fill("current parent")],
  [
    "nothing of a phone that goes from one network to another",
    Array(9).fill([own, { ...own, address: "2001:db8::7" }]),
    Array(9).fill("current parent"),
  ],
]

for (const [name, generations, judged] of sharings) {
  test(`judge() counts ${name}`, () => {
    assert.deepEqual(judgeInTurn(generations), judged)
  })
}
