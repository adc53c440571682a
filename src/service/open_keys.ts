// Opens the keys of a deployment at its start.

import { newKeyFile, readKeyFile, writeKeyFile } from "../token/keys/key_file.ts"
import { generateTimedKey } from "../token/keys/key_ring.ts"
import { changedElsewhere, Keys } from "./keys.ts"
import { type KeyParts, keysOf, stateOfFile } from "./keys_state.ts"

/**
 * Makes sure that a start can read a document of keys.
 * @throws OperatorError when it is damaged
 */
export async function checkKeyFile(bytes: Uint8Array, place: string): Promise<void> {
  await readKeyFile(bytes, place)
}

/**
 * Opens the keys, and makes missing ones.
 * @throws OperatorError when the stored keys are damaged
 * @throws Unavailable when the key store can't be read or written
 */
export async function openKeys(parts: KeyParts): Promise<Keys> {
  const { signing, store, clock, audit, warn } = parts
  const document = await store.keys.read()
  if (document === null && (await store.users.count()) > 0) {
    const found = `'${store.keys.place}' is missing beside a store that is in use`
    warn("keys.missing", `${found}: new keys are made, and everybody has to log in again`)
  }
  let version = document?.version ?? null
  let file = document === null ? newKeyFile() : await readKeyFile(document.bytes, store.keys.place)
  const isMissing = signing.kind === "generated" && keysOf(file, parts).length === 0
  if (isMissing) {
    const now = clock.now()
    const made = await generateTimedKey(signing.algorithm, { publishedAt: now, signsFrom: now })
    file = { ...file, keys: [...file.keys, made] }
  }
  if (isMissing || document === null) {
    version = await store.keys.replace(writeKeyFile(file), { ifVersion: version })
    if (version === null) throw changedElsewhere()
  }
  if (isMissing) audit("key.made", { key: file.keys.at(-1)?.jwk.kid })
  return new Keys(await stateOfFile({ file, version }, parts), parts)
}
