// Open redirects: only addresses of listed hosts come out, and only in one spelling.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type AccessRule, createFindHost } from "../../src/domain/access_rule.ts"
import { readDestination, safePath } from "../../src/domain/destination.ts"

const rule: AccessRule = {
  ...{ open: [], preflight: false, bearer: false, machine: false },
  ...{ roles: null, users: null, freshSeconds: null, mfa: false },
}
const findHost = createFindHost(
  [
    { name: "photos.example.org", ports: [443, 8443], rule },
    { name: "*.lab.example.org", ports: [443], rule },
  ],
  "login.example.org",
)

test("readDestination() gives the address of a listed host in the normal spelling", () => {
  const rows: Readonly<Record<string, string>> = {
    "https://photos.example.org": "https://photos.example.org/",
    "https://photos.example.org/": "https://photos.example.org/",
    "https://photos.example.org/a/b?y=2026&z=%2F": "https://photos.example.org/a/b?y=2026&z=%2F",
    "https://photos.example.org?y=1": "https://photos.example.org/?y=1",
    "HTTPS://Photos.Example.ORG./A": "https://photos.example.org/A",
    "https://photos.example.org:443/": "https://photos.example.org/",
    "https://photos.example.org:8443/x": "https://photos.example.org:8443/x",
    "https://one.lab.example.org/": "https://one.lab.example.org/",
    // What programs read in different ways becomes the first page.
    "https://photos.example.org//evil.example/": "https://photos.example.org/",
    "https://photos.example.org/\\evil.example/": "https://photos.example.org/",
    "https://photos.example.org/a\\b": "https://photos.example.org/",
    "https://photos.example.org/a\r\nSet-Cookie: x": "https://photos.example.org/",
    "https://photos.example.org/a b": "https://photos.example.org/",
    "https://photos.example.org/ä": "https://photos.example.org/",
    "https://photos.example.org/a#b": "https://photos.example.org/",
    "https://photos.example.org/.postern/in?t=x": "https://photos.example.org/",
    "https://photos.example.org/.postern": "https://photos.example.org/",
    "https://photos.example.org/.posternx": "https://photos.example.org/.posternx",
  }
  for (const [text, url] of Object.entries(rows)) {
    assert.equal(readDestination(text, findHost)?.url, url, text)
  }
})

test("readDestination() refuses every address of another host, or in a doubtful spelling", () => {
  const refused = [
    ...[
      "",
      "/",
      "//photos.example.org/",
      "/albums",
      "photos.example.org",
      "\\\\photos.example.org",
    ],
    ...["http://photos.example.org/", "javascript:alert(1)", "data:text/html,x", "https:"],
    ...["https:/photos.example.org/", "https:///photos.example.org/", "https:photos.example.org"],
    ...["https://evil.example/", "https://photos.example.org.evil.example/"],
    ...["https://evil.example/?https://photos.example.org/", "https://evilphotos.example.org/"],
    ...["https://photos.example.org@evil.example/", "https://user@photos.example.org/"],
    ...["https://evil.example#photos.example.org", "https://evil.example\\@photos.example.org/"],
    ...["https://photos.example.org\\.evil.example/", "https://photos.example.org%00.evil.example"],
    ...["https://photos.example.org:80/", "https://photos.example.org:/", "https://[::1]/"],
    ...["https://login.example.org/", "https://lab.example.org/", "https://a.b.lab.example.org/"],
    ...[
      " https://photos.example.org/",
      "https://photos.example.org\t/",
      "https://photos\n.example.org/",
    ],
    ...["https://рhotos.example.org/", "https://photos．example．org/"],
  ]
  for (const text of refused) assert.equal(readDestination(text, findHost), null, text)
})

test("readDestination() takes at most 2,000 characters", () => {
  const long = (length: number) => "https://photos.example.org/".padEnd(length, "a")
  assert.equal(readDestination(long(2000), findHost)?.url, long(2000))
  assert.equal(readDestination(long(2001), findHost), null)
})

test("safePath() keeps a plain path and makes '/' of all others", () => {
  for (const path of ["/", "/a?b=//c", "/a//b", "/a/.postern/", "/%2F%2Fevil"]) {
    assert.equal(safePath(path), path)
  }
  for (const path of ["", "a", "//", "//a", "/\\a", "/.postern/", "/.postern?x", "/\x7f"]) {
    assert.equal(safePath(path), "/", path)
  }
  // A browser would ask for /.postern/in.
  for (const path of [
    "/x/../.postern/in",
    "/./.postern/in",
    "/x/%2e%2E/.postern/in",
    "/x/.%2e",
    "/.",
  ]) {
    assert.equal(safePath(path), "/", path)
  }
  for (const path of ["/a?x=/../b", "/...", "/a..b", "/.well-known/x"])
    assert.equal(safePath(path), path)
})
