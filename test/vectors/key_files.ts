// Damaged key files: each must stop the start and stay as it is.

import { generateKeyPairSync } from "node:crypto"
import { calculateJwkThumbprint, type JWK } from "jose"

/** A key file of version 2 as JSON says it. */
export interface WrittenKeyFile {
  readonly refreshKey: string
  readonly keys: readonly { readonly jwk: JWK; readonly [time: string]: unknown }[]
}

/** A damaged file, made from a good one, and what must be said about it. */
export interface DamagedKeyFile {
  readonly name: string
  readonly change: (good: WrittenKeyFile) => string | Uint8Array
  readonly why: string
}

const notJson = "it is not a JSON object with each member once"
const notFormat = "it is not a file of the format 'postern-private-keys'"
const notVersion = "its version is not 1"
const strangeMember = "it has a member that does not belong there"
const notKeys = "its 'keys' are not a list of keys"
const notRefreshKey = "its 'refreshKey' is not a key"
const badKey = "it holds a key that can't be used"

const otherEc = jwkOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)
const p384 = jwkOf(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey)
const kidOfP384 = await calculateJwkThumbprint(p384)

const badTimes = [undefined, "1795447800", "", true, [], {}, -1, 1.5, 2 ** 53]

const notEvenObjects: readonly DamagedKeyFile[] = [
  { name: "empty", change: () => "", why: notJson },
  { name: "a line end", change: () => "\n", why: notJson },
  { name: "cut", change: (good) => JSON.stringify(good).slice(0, -20), why: notJson },
  { name: "zeros", change: () => Buffer.alloc(512), why: notJson },
  { name: "a NUL at its end", change: (good) => `${JSON.stringify(good)}\0`, why: notJson },
  { name: "twice", change: (good) => JSON.stringify(good).repeat(2), why: notJson },
  { name: "no UTF-8", change: () => Buffer.from('{"\xff":1}', "latin1"), why: notJson },
  { name: "UTF-16", change: (good) => Buffer.from(JSON.stringify(good), "utf16le"), why: notJson },
  { name: "a byte order mark", change: (good) => `\ufeff${JSON.stringify(good)}`, why: notJson },
  { name: "a PEM", change: () => "-----BEGIN PRIVATE KEY-----", why: notJson },
  { name: "null", change: () => "null", why: notJson },
  { name: "a list", change: (good) => JSON.stringify([good]), why: notJson },
  doubled("refreshKey", (good) => good.refreshKey),
  doubled("keys", () => []),
  doubled("version", () => 1),
]

const otherMembers: readonly DamagedKeyFile[] = [
  { name: "an empty object", change: () => "{}", why: notFormat },
  {
    name: "a JWK Set",
    change: ({ keys }) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }),
    why: notFormat,
  },
  changed("another format", { format: "postern-users" }, notFormat),
  changed("a format as list", { format: ["postern-private-keys"] }, notFormat),
  ...[undefined, -3, 3.5, 1.5, "2", "1", null, [2]].map((version) =>
    changed(`the version ${JSON.stringify(version)}`, { version }, notVersion),
  ),
  changed("a member that is unknown", { refreshkey: "" }, strangeMember),
  changed("a member that is null", { comment: null }, strangeMember),
  ...[undefined, null, {}, "ES256", [null], ["ES256"], [[]]].map((keys) =>
    changed(`the keys ${JSON.stringify(keys)}`, { keys }, notKeys),
  ),
]

const refreshKeys: readonly DamagedKeyFile[] = [
  ...[undefined, null, "", 1, {}, Array(32).fill(0)].map((refreshKey) =>
    changed(`the refresh key ${JSON.stringify(refreshKey)}`, { refreshKey }, notRefreshKey),
  ),
  changedRefreshKey("cut", (key) => key.slice(0, -1)),
  changedRefreshKey("with a byte more", (key) => `${key}AA`),
  changedRefreshKey("with padding", (key) => `${key}=`),
  changedRefreshKey("after a blank", (key) => ` ${key}`),
  changedRefreshKey("before a line end", (key) => `${key}\n`),
  changedRefreshKey("in hexadecimal", (key) => Buffer.from(key, "base64url").toString("hex")),
  // The same bytes: the last of 43 characters has two bits to spare.
  changedRefreshKey("in another spelling", (key) => key.slice(0, -1) + next(key.slice(-1))),
  // Has to have one of the two characters by which the alphabets differ.
  changed(
    "a refresh key of the other alphabet",
    { refreshKey: `+/${"A".repeat(41)}` },
    notRefreshKey,
  ),
  ...["cookieKey", "factorKey"].flatMap((name) =>
    [undefined, null, 7, "", "A".repeat(42), "A".repeat(44), `+/${"A".repeat(41)}`].map((key) =>
      changed(`the ${name} ${key}`, { [name]: key }, `its '${name}' is not a key`),
    ),
  ),
]

const keys: readonly DamagedKeyFile[] = [
  changedJwk("a name that is not its thumbprint", { kid: "k1" }),
  changedJwk("no name", { kid: undefined }),
  changedJwk("a name that is a number", { kid: 1 }),
  changedJwk("no algorithm", { alg: undefined }),
  changedJwk("an algorithm as list", { alg: ["ES256"] }),
  changedJwk("an unknown algorithm", { alg: "ES25g" }),
  changedJwk("an algorithm of Object.prototype", { alg: "toString" }),
  changedJwk("an algorithm that is shared", { alg: "HS256" }),
  changedJwk("the algorithm of another type", { alg: "EdDSA" }),
  changedJwk("no private member", { d: undefined }),
  changedJwk("the private member of another key", { d: otherEc.d }),
  changedJwk("the public members of another key", { x: otherEc.x, y: otherEc.y }),
  changedJwk("all members of another key but the name", otherEc),
  changedJwk("no y", { y: undefined }),
  changedJwk("a point off the curve", { y: "AAAA" }),
  changedJwk("another curve", { ...p384, kid: kidOfP384 }),
  changedJwk("another type", { kty: "RSA" }),
  changedJwk("a secret", { kty: "oct", k: "AAAA" }),
  changedJwk("another use", { use: "enc" }),
  ...[undefined, null, "ES256", []].map((jwk) =>
    changedEntry(`the jwk ${JSON.stringify(jwk)}`, { jwk }),
  ),
  changedEntry("a member that is unknown", { retired: true }),
  ...["publishedAt", "signsFrom", "keptUntil"].flatMap((time) =>
    badTimes.map((value) => changedEntry(`${time} ${JSON.stringify(value)}`, { [time]: value })),
  ),
  changedEntry("publishedAt null", { publishedAt: null }),
  changedEntry("signsFrom null", { signsFrom: null }),
  {
    name: "a plain JWK",
    change: (good) => JSON.stringify({ ...good, keys: good.keys.map(({ jwk }) => jwk) }),
    why: badKey,
  },
  {
    name: "a key twice",
    change: (good) => JSON.stringify({ ...good, keys: [...good.keys, ...good.keys] }),
    why: badKey,
  },
  {
    name: "a bad key before a good one",
    change: (good) => JSON.stringify({ ...good, keys: [{ jwk: {} }, ...good.keys] }),
    why: badKey,
  },
]

/** Files that are not as Postern writes them. */
export const damagedKeyFiles: readonly DamagedKeyFile[] = [
  ...notEvenObjects,
  ...otherMembers,
  ...refreshKeys,
  ...keys,
]

function doubled(name: string, value: (good: WrittenKeyFile) => unknown): DamagedKeyFile {
  return {
    name: `the member '${name}' twice`,
    change: (good) =>
      `${JSON.stringify(good).slice(0, -1)},"${name}":${JSON.stringify(value(good))}}`,
    why: notJson,
  }
}

function changed(name: string, changes: object, why: string): DamagedKeyFile {
  return { name, change: (good) => JSON.stringify({ ...good, ...changes }), why }
}

function changedRefreshKey(name: string, change: (key: string) => string): DamagedKeyFile {
  return {
    name: `the refresh key ${name}`,
    change: (good) => JSON.stringify({ ...good, refreshKey: change(good.refreshKey) }),
    why: notRefreshKey,
  }
}

function changedEntry(name: string, changes: object): DamagedKeyFile {
  const change = ({ keys, ...file }: WrittenKeyFile) =>
    JSON.stringify({ ...file, keys: keys.map((entry) => ({ ...entry, ...changes })) })
  return { name: `a key with ${name}`, change, why: badKey }
}

function changedJwk(name: string, changes: object): DamagedKeyFile {
  const change = ({ keys, ...file }: WrittenKeyFile) => {
    const entries = keys.map(({ jwk, ...times }) => ({ jwk: { ...jwk, ...changes }, ...times }))
    return JSON.stringify({ ...file, keys: entries })
  }
  return { name: `a jwk with ${name}`, change, why: badKey }
}

function next(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) + 1)
}

function jwkOf(key: ReturnType<typeof generateKeyPairSync>["privateKey"]): JWK {
  return key.export({ format: "jwk" }) as JWK
}
