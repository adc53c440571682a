// Damaged key files: each must stop the start and stay as it is.

import { generateKeyPairSync } from "node:crypto"
import { calculateJwkThumbprint, type JWK } from "jose"

interface KeyFile {
  readonly keys: readonly JWK[]
}

/** A damaged file, made from a good one, and what must be said about it. */
export interface DamagedKeyFile {
  readonly name: string
  readonly change: (good: KeyFile) => string | Uint8Array
  readonly why: string
}

const notJson = "it is not JSON text"
const notFormat = "it is not a file of the format 'postern-keys'"
const notKeys = "its 'keys' are not a list of at least one key"
const badKey = "it holds a key that can't be used"

const otherEc = jwkOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)
const p384 = jwkOf(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey)
const kidOfP384 = await calculateJwkThumbprint(p384)

/** Files that are not as Postern writes them. */
export const damagedKeyFiles: readonly DamagedKeyFile[] = [
  { name: "empty", change: () => "", why: notJson },
  { name: "a line end", change: () => "\n", why: notJson },
  { name: "cut", change: (good) => JSON.stringify(good).slice(0, -20), why: notJson },
  { name: "zeros", change: () => Buffer.alloc(512), why: notJson },
  { name: "no UTF-8", change: () => Buffer.from('{"\xff":1}', "latin1"), why: notJson },
  { name: "a PEM", change: () => "-----BEGIN PRIVATE KEY-----", why: notJson },
  { name: "null", change: () => "null", why: notFormat },
  { name: "a list", change: (good) => JSON.stringify([good]), why: notFormat },
  { name: "an empty object", change: () => "{}", why: notFormat },
  { name: "a JWK Set", change: ({ keys }) => JSON.stringify({ keys }), why: notFormat },
  changed("another format", { format: "postern-users" }, notFormat),
  changed("a later version", { version: 2 }, "its version is not 1"),
  changed("a version as text", { version: "1" }, "its version is not 1"),
  changed("no keys", { keys: undefined }, notKeys),
  changed("an empty list", { keys: [] }, notKeys),
  changed("keys as object", { keys: {} }, notKeys),
  changed("a key that is null", { keys: [null] }, notKeys),
  changed("a key that is text", { keys: ["ES256"] }, notKeys),
  changedKey("a name that is not its thumbprint", { kid: "k1" }),
  changedKey("no name", { kid: undefined }),
  changedKey("a name that is a number", { kid: 1 }),
  changedKey("no private member", { d: undefined }),
  changedKey("the private member of another key", { d: otherEc.d }),
  changedKey("the public members of another key", { x: otherEc.x, y: otherEc.y }),
  changedKey("no y", { y: undefined }),
  changedKey("a point off the curve", { y: "AAAA" }),
  changedKey("another curve", { ...p384, kid: kidOfP384 }),
  changedKey("another type", { kty: "RSA" }),
  changedKey("a secret", { kty: "oct", k: "AAAA" }),
  {
    name: "a key twice",
    change: (good) => JSON.stringify({ ...good, keys: [...good.keys, ...good.keys] }),
    why: badKey,
  },
  {
    name: "a key of an unknown algorithm beside a good one",
    change: (good) => {
      const [key] = good.keys
      return JSON.stringify({ ...good, keys: [{ ...key, alg: "ES25g" }, ...good.keys] })
    },
    why: badKey,
  },
  {
    name: "a bad key before a good one",
    change: (good) => JSON.stringify({ ...good, keys: [{ alg: "ES256" }, ...good.keys] }),
    why: badKey,
  },
]

function changed(name: string, changes: object, why: string): DamagedKeyFile {
  return { name, change: (good) => JSON.stringify({ ...good, ...changes }), why }
}

function changedKey(name: string, changes: object): DamagedKeyFile {
  const change = ({ keys, ...file }: KeyFile) =>
    JSON.stringify({ ...file, keys: keys.map((key) => ({ ...key, ...changes })) })
  return { name, change, why: badKey }
}

function jwkOf(key: ReturnType<typeof generateKeyPairSync>["privateKey"]): JWK {
  return key.export({ format: "jwk" }) as JWK
}
