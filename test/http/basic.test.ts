// `Authorization: Basic`, of clients that are hostile or were written in 1999.

import assert from "node:assert/strict"
import { test } from "node:test"
import { readBasic } from "../../src/http/basic.ts"
import { makeRequest } from "../support/http_request.ts"

const encoded = (bytes: string | Buffer) => Buffer.from(bytes).toString("base64")
const read = (authorization: string) => readBasic(makeRequest({ headers: { authorization } }))

test("readBasic() reads name and password, at the first colon", () => {
  const rows: readonly (readonly [sent: string, name: string, password: string])[] = [
    ["ci:pts_x", "ci", "pts_x"],
    ["ci:a:b", "ci", "a:b"],
    [":", "", ""],
    ["é:ü", "é", "ü"],
    [" ci : p ", " ci ", " p "],
    ["ci:\0", "ci", "\0"],
  ]
  for (const [sent, name, password] of rows) {
    assert.deepEqual(read(`Basic ${encoded(sent)}`), { name, password }, sent)
  }
  for (const scheme of ["basic", "BASIC", "bAsIc ", "Basic   "]) {
    assert.deepEqual(read(`${scheme} ${encoded("a:b")}`), { name: "a", password: "b" }, scheme)
  }
})

test("readBasic() gives null without the scheme", () => {
  assert.equal(readBasic(makeRequest()), null)
  for (const header of [
    "",
    "Bearer x",
    "Basically x",
    "Basic-x Zzo=",
    " Basic Zzo=",
    "Basi Zzo=",
  ]) {
    assert.equal(read(header), null, header)
  }
})

test("readBasic() says of every other text that it is malformed", () => {
  const good = encoded("ci:pts_x")
  const others = [
    ...["Basic", "Basic ", `Basic${good}`.replace("Basic", "Basic:"), `Basic\t${good}`],
    ...[`Basic ${good} `, `Basic ${good},`, `Basic ${good} x`, `Basic ${good}, Basic ${good}`],
    // No canonical base64: bits to spare, missing and superfluous padding, base64url, blanks.
    ...[`Basic ${good.slice(0, -1)}`, `Basic ${good}=`, "Basic YTpi-_", "Basic YTq=", "Basic Y T="],
    ...["Basic =", "Basic ====", "Basic !!!!", `Basic "${good}"`, "Basic \u00e9"],
    // No colon; no UTF-8.
    ...[`Basic ${encoded("ci")}`, `Basic ${encoded(Buffer.from("c\u00e9:x", "latin1"))}`],
    ...[`Basic ${encoded(Buffer.from([0xc0, 0xba]))}`, `Basic ${encoded("a".repeat(5000))}`],
    `Basic ${encoded(`a:${"b".repeat(5000)}`)}`,
  ]
  for (const header of others) assert.equal(read(header), "malformed", header.slice(0, 40))
})
