// Files of other versions: a newer Postern's are called newer, those of unreleased versions are
// refused by name, and none is changed.

import { test } from "node:test"
import { encodeEntry } from "../../../src/store/json/journal_format.ts"
import { sampleFactors } from "../sample_factors.ts"
import { sampleUser } from "../sample_user.ts"
import { change, type Edit, replaced, summedAnew } from "./edited_files.ts"
import { assertRefused, journals, names, usedDirectory } from "./used_directory.ts"

const hash = "$argon2id$v=19$m=19456,t=2,p=1$"

/** What a later version may write, each with the sum that fits. */
const newer: readonly (readonly [what: string, name: string, edit: Edit, place: RegExp])[] = [
  ...names.map(
    (name) =>
      [
        `a later version in ${name}`,
        name,
        (text: string) => text.replace(/"version":\d/, '"version":9'),
        /line 1: its version is 9, and this Postern reads version 1$/,
      ] as const,
  ),
  [
    "a later version of another layout",
    "store.json",
    () => '{"format":"postern-snapshot","version":12}\nusers.0 users.1\n',
    /line 1: its version is 12, and this Postern reads version 1$/,
  ],
  [
    "a table more",
    "store.json",
    (text) => summedAnew(text.replace(',\n"users"', ',"devices":[],\n"users"')),
    /line 1: it is not the first line of a snapshot$/,
  ],
  [
    "a member more of a record",
    "store.json",
    (text) => summedAnew(text.replace('"roles"', '"email":"a@b","roles"')),
    /line 3: users: 'email' is no member of such a record$/,
  ],
  [
    "another hash",
    "store.json",
    (text) => summedAnew(text.replace(hash, "$1$")),
    /line 3: users: 'passwordHash' is missing or not valid$/,
  ],
  [
    "a member more of a user's factors",
    "store.json",
    (text) =>
      summedAnew(
        text.replace(
          '"factors":null',
          `"factors":${JSON.stringify({ ...sampleFactors(), sms: [] })}`,
        ),
      ),
    /line 3: users: 'factors' is missing or not valid$/,
  ],
  ["an entry of another table", journals[0], ofEntry(["devices", "x", {}]), /no such table$/],
  [
    "an entry with another hash",
    journals[0],
    ofEntry(["users", "x", sampleUser("x", { passwordHash: "plain" })]),
    /line 2: 'passwordHash' is missing or not valid$/,
  ],
  [
    "an entry with a member more",
    journals[0],
    ofEntry(["users", "x", { ...sampleUser("x"), email: "a@b" }]),
    /line 2: 'email' is no member of such a record$/,
  ],
]

for (const [what, name, edit, place] of newer) {
  test(`openJsonStore() calls newer, not damaged: ${what}`, async (t) => {
    const directory = await usedDirectory(t)
    change(directory, name, edit)
    const hint =
      /^Nothing was changed\. Start the newer Postern again, or restore the backup from before the upgrade, all/
    await assertRefused(directory, name, place, hint)
    await assertRefused(directory, name, /^The store was written by a newer Postern: /, hint)
  })
}

/** What builds from before the first release wrote. */
const unreleased: readonly (readonly [what: string, name: string, edit: Edit])[] = [
  [
    "version 1",
    "store.json",
    () => '{"format":"postern-store","version":1,"sequence":0,\n"users":[]}\n',
  ],
  [
    "version 4",
    "store.json",
    replaced('"postern-snapshot","version":1', '"postern-store","version":4'),
  ],
  ["version 0", "store.json", replaced('"version":1', '"version":0')],
  ["version 0", journals[0], replaced('"version":1', '"version":0')],
]

for (const [what, name, edit] of unreleased) {
  test(`openJsonStore() refuses an unreleased ${what} of ${name} by name`, async (t) => {
    const directory = await usedDirectory(t)
    change(directory, name, edit)
    const hint =
      /^Nothing was changed\. Start the build that wrote the files, or set POSTERN_DATA_DIR to an empty/
    const message = new RegExp(
      `^The store was written by an unreleased Postern: '.*': line 1: it has ${what} of the format 'postern-\\w+', which was never released$`,
    )
    await assertRefused(directory, name, message, hint)
  })
}

test("openJsonStore() calls a file damaged when its sum is wrong and it names no newer version", async (t) => {
  const directory = await usedDirectory(t)
  change(directory, "store.json", replaced('"roles"', '"email":"a@b","roles"'))
  await assertRefused(directory, "store.json", /^The store can't be read: /)
})

/** A journal of one entry, whatever that changes. */
function ofEntry(change: readonly unknown[]): Edit {
  const entry = { sequence: 1, changes: [change] } as unknown as Parameters<typeof encodeEntry>[0]
  return (text) => Buffer.from(`${text.split("\n")[0]}\n${encodeEntry(entry)}`)
}
