// Common and leaked passwords (ASVS 5.0 6.2.4 and 6.2.12), from SecLists'
// "10-million-password-list-top-1000000": passwords seen in breaches until 2015, commonest first.
// Of its first 10,000 the list has those with 3 characters or more. Of the others it has those with
// 15 or more, the length of a new password. They are in NFC and lower case, each once. The licence
// is in blocklist_license.txt.
//
// policy.ts imports this file only when it checks a password, since most runs never need it. The
// image keeps blocklist.json outside its bundle, because it would be more than half of the bundle.
// The JSON is an object, because the bundle would need a getter for each item of a list.

import breached from "./blocklist.json" with { type: "json" }
import { spell } from "./spelling.ts"

/** Passwords that books, films and later breaches made well known. */
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

/** The passwords as `spell` spells them. Those below 15 characters are used as parts. */
export const blocklist: ReadonlySet<string> = new Set([...breached.passwords, ...famous].map(spell))
