// Admins on two replicas at once, on several connections each: one is always left, nobody waits for
// another one in a circle, and of two changes of one version one happens.

import assert from "node:assert/strict"
import { test } from "node:test"
import { isAdmin, versionOf } from "../../../src/domain/user_condition.ts"
import { lockWithAdmins } from "../../../src/store/postgres/locked_user.ts"
import type { Store } from "../../../src/store/store.ts"
import { openPlainDatabase } from "../../support/plain_database.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { sampleAdmin } from "../contract_of_conditions.ts"
import { tally } from "../json/opened_store.ts"
import { start, windowAt } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"
import { openTwo } from "./postgres_engine.ts"

const { skip, server, host } = await postgresForTests()
const window = windowAt()
const options = { clock: { now: () => start } }
const rounds = Array.from({ length: 20 }, (_, index) => index)
const keepsAdmin = true

/** Ways to take somebody away who administers, in turn. */
const demotions = [
  ({ users }: Store, name: string) => users.change(name, { removeRole: "admin" }, { keepsAdmin }),
  ({ users }: Store, name: string) => users.reset(name, { disabled: true }, { window, keepsAdmin }),
  ({ users }: Store, name: string) => users.delete(name, window, { keepsAdmin }),
]

for (const count of [2, 3, 7]) {
  test(`${count} admins who are removed at once on two replicas leave one`, { skip }, async (t) => {
    const both = await openTwo(t, server, options)
    await both[0].users.create(sampleUser("alice"))
    for (const round of rounds) {
      const names = Array.from({ length: count }, (_, index) => `a${index}.${round}`)
      for (const name of names) await both[0].users.create(sampleAdmin(name))
      const outcomes = await Promise.all(
        names.map((name, index) => {
          const demote = demotions[(index + round) % demotions.length]
          return demote?.(both[(index + round) % 2] ?? both[0], name)
        }),
      )
      const left = (await both[1].users.list()).filter(isAdmin).map(({ username }) => username)
      assert.equal(left.length, 1, `round ${round}: ${outcomes}`)
      const refused = outcomes.flatMap((one, index) => (one === "last_admin" ? [names[index]] : []))
      assert.deepEqual(refused, left)
      await both[0].users.delete(left[0] ?? "", window)
    }
  })
}

test("a change that may take the last admin away reads no other user", { skip }, async (t) => {
  const [{ users }] = await openTwo(t, server, options)
  await users.create(sampleAdmin("alice"))
  await users.createAll(
    Array.from({ length: 2000 }, (_, index) => sampleUser(`user${index}`)),
    { isTrial: false },
  )
  const database = await openPlainDatabase(host)
  t.after(() => database.close())
  await database.query("analyze postern.users")
  const plans: unknown[] = []
  await lockWithAdmins(async (text, values) => {
    plans.push(await database.query(`explain ${text}`, values))
    return []
  }, "alice")
  assert.match(JSON.stringify(plans), /users_who_administer/)
  assert.doesNotMatch(JSON.stringify(plans), /Seq Scan/)
})

test("two replicas never remove the last admin", { skip }, async (t) => {
  const both = await openTwo(t, server, options)
  for (const name of ["ann", "bea", "cleo"]) await both[0].users.create(sampleAdmin(name))
  const work = ["ann", "bea", "cleo"].flatMap((name) =>
    both.map(async ({ users }) => {
      for (const _ of rounds) {
        await users.change(name, { removeRole: "admin" }, { keepsAdmin })
        assert.ok((await users.list()).some(isAdmin))
        await users.change(name, { addRole: "admin" })
      }
    }),
  )
  await Promise.all(work)
})

test("of changes of one version on two replicas one happens", { skip }, async (t) => {
  const both = await openTwo(t, server, options)
  await both[0].users.create(sampleUser("alice"))
  for (const round of rounds) {
    const user = (await both[0].users.find("alice")) ?? assert.fail()
    const ifVersion = [versionOf(user)]
    const outcomes = await Promise.all(
      rounds
        .slice(0, 8)
        .map((index) =>
          (both[index % 2] ?? both[0]).users.change(
            "alice",
            { setClaim: { name: "by", value: `${round}.${index}` } },
            { ifVersion },
          ),
        ),
    )
    const words = outcomes.map((one) => (typeof one === "string" ? one : "changed"))
    assert.deepEqual(tally(words), { changed: 1, other_version: 7 })
  }
})
