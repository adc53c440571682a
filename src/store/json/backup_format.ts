// A backup: all that a store holds at one moment, keys included, in one file. It is one JSON
// document with a record on each line, so that `jq` and `grep` work on it, and it is written and
// read line by line: no string ever holds it as a whole.
//
//   {"format":"postern-backup","version":1,"postern":"0.1.0","time":"2026-11-23T15:30:00Z",
//   "records":{"users":2,"reservedNames":0,…},
//   "keys":"{\n  \"format\": \"postern-private-keys\",…}\n",
//   "users":[
//   {"username":"alice","passwordHash":"$argon2id$v=19$…",…},
//   {"username":"bob",…}
//   ],
//   …
//   "serviceTokens":[
//   ],"sha256":"9f86d081884c7d65…"}
//
// `keys` is the text of keys.json, or null. `sha256` is of every byte before its comma. It shows
// damage; it does not protect against a person who may write the file.

import { createHash } from "node:crypto"
import { isoTime } from "../../clock.ts"
import type { FileFormat } from "../../system/file_version.ts"
import type { BackupOrigin, Content } from "../copying.ts"
import { textsOf } from "./snapshot.ts"

/** The format and its version. A new table or member needs a new version, as in a snapshot. */
export const ownFormat: FileFormat = { format: "postern-backup", version: 1 }

/** The end of a backup whose bytes before it have this SHA-256, in hexadecimal. */
export function sumEnd(sha256: string): string {
  return `,"sha256":"${sha256}"}\n`
}

/** The bytes of a backup. The content must stay as it is. */
export async function* encodeBackup(
  content: Content,
  origin: BackupOrigin,
): AsyncIterable<Uint8Array> {
  const hash = createHash("sha256")
  for await (const text of textsOf(await headOf(content, origin), content.read)) {
    const chunk = Buffer.from(text)
    hash.update(chunk)
    yield chunk
  }
  yield Buffer.from(sumEnd(hash.digest("hex")))
}

async function headOf(content: Content, { postern, madeAt }: BackupOrigin): Promise<string> {
  const first = JSON.stringify({ ...ownFormat, postern, time: isoTime(madeAt) })
  const records = JSON.stringify(await content.count())
  const keys = content.keys === null ? null : Buffer.from(content.keys).toString()
  return `${first.slice(0, -1)},\n"records":${records},\n"keys":${JSON.stringify(keys)},`
}
