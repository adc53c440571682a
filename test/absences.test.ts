// What the source does not have, on which SECURITY.md relies: other ways to read a token, calls to
// other machines, cookies, redirects, comparisons that stop early, patterns that never end.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

/** The code of src/ without its comments, by file. */
const sources: readonly (readonly [name: string, code: string])[] = readdirSync(join(root, "src"), {
  recursive: true,
  encoding: "utf8",
})
  .filter((name) => name.endsWith(".ts"))
  .sort()
  .map((name) => [name, withoutComments(readFileSync(join(root, "src", name), "utf8"))])

/**
 * A group that repeats and is repeated, such as `(a+)*`: its time may double with each letter. One
 * that begins with a sign, as in `(?:\.[a-z]+)*`, ends in one way only.
 */
const repeatedRepetition =
  /\((?:\?(?::|<\w+>)|(?!\?))(?!\\\W)(?:[^()\\\n]|\\.)*[+*](?:[^()\\\n]|\\.)*\)(?:[+*]|\{\d+,(?!1\}))/

/** The files, and what in them fits. */
function found(what: RegExp): readonly (readonly [name: string, text: string])[] {
  return sources.flatMap(([name, code]) => {
    const text = what.exec(code)?.[0]
    return text === undefined ? [] : [[name, text] as const]
  })
}

/** The doctor is a client: it names headers to compare what was sent with what arrived. */
function isOfService(name: string): boolean {
  return !name.startsWith("cli/doctor/")
}

test("source: jose signs, verifies and reads keys, and does nothing else", () => {
  const lists = sources.flatMap(([, code]) =>
    [...code.matchAll(/import \{([^}]*)\} from "jose["/]/g)].map(([, list = ""]) => list),
  )
  const names = lists.flatMap((list) => list.split(",").map((name) => name.trim()))
  const used = new Set(names.filter((name) => name !== "" && !name.startsWith("type ")))
  assert.deepEqual([...used].sort(), [
    "CompactSign",
    "calculateJwkThumbprint",
    "compactVerify",
    "exportJWK",
    "generateKeyPair",
    "importJWK",
  ])
})

test("source: nothing calls another machine, but the client of the database and the doctor", () => {
  const callers =
    /\bfetch\(|node:(?:https|http2|tls|dns|dgram)\b|createRemoteJWKSet|WebSocket|\bhttp\.(?:get|request)\(/
  assert.deepEqual(found(callers), [
    ["cli/doctor/exchange.ts", "node:dns"],
    // The text of a script, which a browser runs: it asks the service that the page came from.
    ["pages/passkey_script.ts", "fetch("],
  ])
  const clients = found(/import\("pg"\)|^import (?!type)[^"]*from "pg"/m).map(([name]) => name)
  assert.deepEqual(clients, ["store/postgres/connection.ts"])
})

test("source: cookies are read, written and named in one file each, and only pages redirect", () => {
  const cookies = found(/["'`](?:set-cookie|cookie)["'`]/i).map(([name]) => name)
  // The last only looks whether a browser sent any.
  const files = ["http/cookies.ts", "http/node/head.ts", "http/node/reply_head.ts"]
  files.push("http/original_request.ts")
  // And one that lasts a minute, for the command that asks whether cookies arrive.
  assert.deepEqual(cookies.filter(isOfService), ["admin/request_watch.ts", ...files])
  const redirects = found(/\bLocation: |(?:json|status:|writeHead)\(? ?30[12378]\b/)
  // The first one names what a 201 has made: no client goes there by itself.
  assert.deepEqual(
    redirects.map(([name]) => name),
    ["handlers/admin/users.ts", "handlers/verify/answer.ts", "pages/page_reply.ts"],
  )
  assert.deepEqual(
    found(/allow-credentials/i)
      .map(([name]) => name)
      .filter(isOfService),
    [],
  )
})

test("source: no reply empties what a browser has stored", () => {
  assert.deepEqual(
    found(/clear-site-data/i)
      .map(([name]) => name)
      .filter(isOfService),
    [],
  )
})

test("source: code that makes an HMAC compares it in constant time", () => {
  // passlib's HMAC is what bcrypt gets in the place of the password, and bcrypt compares.
  const isCompared = (name: string) => name !== "password/legacy/bcrypt.ts"
  const makers = sources.filter(([, code]) => code.includes("createHmac("))
  assert.ok(makers.length > 0)
  for (const [name, code] of makers.filter(([name]) => isCompared(name))) {
    assert.match(name, /^(?:token|factor)\//)
    assert.match(code, /(?:!|&& )timingSafeEqual\(/, name)
    assert.doesNotMatch(code, /[Tt]ag\w*(?:\(.*\))? ?[!=]==|\.equals\(|\.compare\(/, name)
  }
})

test("source: no pattern repeats a repetition", () => {
  for (const slow of ["(a+)+b", "^(?:[a-z]*x?)*$", "(?:\\w+|-){2,}"]) {
    assert.match(slow, repeatedRepetition)
  }
  assert.doesNotMatch("(?:\\.[a-z]+)*", repeatedRepetition)
  for (const [name, code] of sources) {
    // A plus sign among the characters of a class repeats nothing.
    const withoutClasses = code.replace(/\[[^\]\n]*\]/g, "x")
    assert.doesNotMatch(withoutClasses, repeatedRepetition, name)
  }
})

test("source: HTTP is read strictly", () => {
  assert.deepEqual(found(/insecureHTTPParser: (?!false)/), [])
  for (const [name, code] of sources.filter(([, code]) => code.includes("createServer("))) {
    if (/from "node:http"/.test(code)) assert.match(code, /insecureHTTPParser: false/, name)
  }
  assert.equal(found(/insecureHTTPParser: false/).length, 1)
  for (const name of ["Dockerfile", "docker-compose.yml", "package.json", "bin/postern.js"]) {
    assert.doesNotMatch(readFileSync(join(root, name), "utf8"), /insecure-?http/i, name)
  }
  assert.doesNotMatch(readFileSync(join(root, "bin/postern-in-image.sh"), "utf8"), /insecure/i)
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "")
}
