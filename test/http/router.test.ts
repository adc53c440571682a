import assert from "node:assert/strict"
import { test } from "node:test"
import { anyone } from "../../src/http/guard.ts"
import { json } from "../../src/http/message.ts"
import { createRouter, type Route } from "../../src/http/router.ts"

const [one, two, three, four, five] = Array.from({ length: 5 }, () => anyone(() => json(200, {})))
assert.ok(one && two && three && four && five)

const route = createRouter([
  ["GET", "/a", one],
  ["POST", "/a", two],
  ["DELETE", "/b.c", three],
  ["GET", "/users/{name}", four],
  ["PUT", "/users/{name}/keys/{key_id}", five],
  ["GET", "/users/me", one],
])

test("createRouter() finds a route by method and path", () => {
  const params = Object.create(null)
  assert.deepEqual(route("GET", "/a"), { kind: "found", handler: one, path: "/a", params })
  const found = route("POST", "/a")
  assert.equal(found.kind === "found" && found.handler, two)
})

test("createRouter() lets GET answer HEAD, and no other method", () => {
  const head = route("HEAD", "/a")
  assert.equal(head.kind === "found" && head.handler, one)
  assert.deepEqual(route("HEAD", "/b.c"), {
    kind: "other_method",
    path: "/b.c",
    allow: "DELETE, OPTIONS",
  })
})

test("createRouter() gives the methods of a path without the requested method", () => {
  for (const method of ["OPTIONS", "PUT", "TRACE", "QUERY", "get", "", "__proto__"]) {
    assert.deepEqual(
      route(method, "/a"),
      { kind: "other_method", path: "/a", allow: "GET, POST, HEAD, OPTIONS" },
      method,
    )
  }
})

test("createRouter() gives params as they were sent, frozen and without a prototype", () => {
  const found = route("PUT", "/users/a.b~c_d-9/keys/__proto__")
  assert.equal(found.kind, "found")
  if (found.kind !== "found") return
  assert.equal(found.path, "/users/{name}/keys/{key_id}")
  assert.deepEqual({ ...found.params }, { name: "a.b~c_d-9", key_id: "__proto__" })
  assert.equal(Object.getPrototypeOf(found.params), null)
  assert.ok(Object.isFrozen(found.params))
})

test("createRouter() lets ANY answer methods that no other row of the path has, OPTIONS too", () => {
  const find = createRouter([
    ["ANY", "/any", one],
    ["GET", "/any", two],
  ])
  for (const method of ["POST", "OPTIONS", "TRACE", "PROPFIND", "get", ""]) {
    const found = find(method, "/any")
    assert.equal(found.kind === "found" && found.handler, one, method)
  }
  for (const method of ["GET", "HEAD"]) {
    const found = find(method, "/any")
    assert.equal(found.kind === "found" && found.handler, two, method)
  }
})

test("createRouter() gives the rest of a path as it was sent", () => {
  const find = createRouter([
    ["ANY", "/all/{rest*}", one],
    ["GET", "/all/of/{name}", two],
    ["ANY", "/all", three],
  ])
  for (const rest of [
    "",
    "a",
    "a/b/",
    "/",
    "//a",
    "../x",
    "%2e%2e%00",
    "a\\b;c#d",
    "of/x/y",
    "\n",
  ]) {
    const found = find("PUT", `/all/${rest}`)
    assert.deepEqual(found.kind === "found" && [found.handler, found.params["rest"]], [one, rest])
  }
  for (const path of ["/alla", "/al", "/ALL/x", "//all/x", "/x/all/y"]) {
    assert.equal(find("GET", path).kind, "not_found", path)
  }
  const bare = find("GET", "/all")
  assert.equal(bare.kind === "found" && bare.handler, three)
  assert.throws(() => createRouter([["GET", "/{rest*}/a", one]]), TypeError)
})

test("createRouter() prefers a static path to a pattern, wherever it stands", () => {
  const found = route("GET", "/users/me")
  assert.equal(found.kind === "found" && found.path, "/users/me")
  assert.equal(route("PUT", "/users/me").kind, "other_method")
})

test("createRouter() treats a param named __proto__ like any other", () => {
  const found = createRouter([["GET", "/{constructor}", one]])("GET", "/x")
  assert.equal(found.kind === "found" && found.params["constructor"], "x")
})

const unknown = [
  ...["", "/", "a", "/A", "/a/", "//a", "/a//", "/./a", "/x/../a", "/%61", "/a%00", "/a;x=1"],
  ...["/a#/b", "/a?", "/b-c", "/bxc", "/users", "/users/", "/users/a/", "/users//keys/1", "/a\n"],
  ...["/users/%61", "/users/a%2fb", "/users/a/keys", "/users/a b", "/users/ü", "/users/a\n"],
  ...["/users/{name}x", "/__proto__", "/constructor", "__proto__", "http://host/a", "*", "/a\\"],
]

test("createRouter() finds nothing under any other spelling of a path", () => {
  for (const path of unknown) assert.deepEqual(route("GET", path), { kind: "not_found" }, path)
})

const badTables: readonly (readonly [readonly Route[], string])[] = [
  [[["GET", "a", one]], "The path 'a' does not start with '/'"],
  [[["GET", "", one]], "The path '' does not start with '/'"],
  [[["GET", "/a b", one]], "The segment 'a b' of '/a b' can't be matched"],
  [[["GET", "/a/%61", one]], "The segment '%61' of '/a/%61' can't be matched"],
  [[["GET", "/x{a}", one]], "The segment 'x{a}' of '/x{a}' can't be matched"],
  [[["GET", "/{1a}", one]], "The segment '{1a}' of '/{1a}' can't be matched"],
  [
    [
      ["GET", "/a", one],
      ["GET", "/a", two],
    ],
    "Duplicate route 'GET /a'",
  ],
  [
    [
      ["GET", "/{a}", one],
      ["GET", "/{a}", two],
    ],
    "Duplicate route 'GET /{a}'",
  ],
]

test("createRouter() refuses a table that can't work", () => {
  for (const [table, message] of badTables) {
    assert.throws(() => createRouter(table), { name: "TypeError", message })
  }
})
