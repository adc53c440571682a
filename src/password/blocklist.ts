// The passwords that are tried first. From SecLists' "10-million-password-list-top-1000000", what
// was seen in breaches until 2015, commonest first: of its first 10,000 those with 3 characters or
// more, of all of them those with 15 or more, the length of a new password (ASVS 5.0 6.2.4 and
// 6.2.12); in NFC and lower case, each once. Its licence stands in blocklist_license.txt.
// Only what refuses a password imports this, and late: most runs of Postern never need it. So the
// image has blocklist.json beside its bundle, of which it would be more than half. An object, since
// a list would cost the bundle a getter for each password.

import breached from "./blocklist.json" with { type: "json" }
import { spell } from "./spelling.ts"

/** What books, films and later breaches have taught everybody since. */
const famous = [
  "administrator",
  "correcthorsebatterystaple",
  "correcthorsebattery",
  "qazwsxedcrfvtgb",
  "qazwsxedcrfvtgbyhnujm",
  "margaretthatcheris110%sexy",
  "thequickbrownfoxjumpsoverthelazydog",
  "thequickbrownfox",
]

/** The passwords as `spell` spells them. Those below 15 characters matter as parts. */
export const blocklist: ReadonlySet<string> = new Set([...breached.passwords, ...famous].map(spell))
