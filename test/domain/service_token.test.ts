// The rules of service tokens.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  canonicalPrincipal,
  isMachineName,
  isNoted,
  isServiceToken,
  machineName,
  readLife,
} from "../../src/domain/service_token.ts"
import { canonicalUsername } from "../../src/domain/username.ts"
import { sampleServiceToken } from "../store/sample_service_token.ts"

test("readLife() reads hours and days, from one hour to 400 days", () => {
  assert.deepEqual(["1h", "12h", "1d", "90d", "400d", "9600h"].map(readLife), [
    ...[3600, 12 * 3600, 86_400, 90 * 86_400, 400 * 86_400, 400 * 86_400],
  ])
  const others = ["0h", "0d", "401d", "9601h", "99999d", "100000d", "", "90", "d", "-1d", "90 d"]
  for (const text of [...others, "90D", "90m", "1y", "never", "1e2d", "٣d", "90d\n"]) {
    assert.equal(readLife(text), null, text)
  }
})

test("isServiceToken() goes by the beginning, which no access token has", () => {
  assert.equal(isServiceToken("pts_x"), true)
  for (const text of ["", "ptr_x", "pts", "PTS_x", " pts_x", "eyJhbGciOi", "cookie pts_x"]) {
    assert.equal(isServiceToken(text), false, text)
  }
})

test("machineName() is no username", () => {
  assert.equal(machineName("ci"), "svc:ci")
  assert.deepEqual(["svc:ci", "svcci", "ci", "Svc:ci"].map(isMachineName), [
    ...[true, false, false, false],
  ])
  assert.equal(canonicalUsername(machineName("ci")), null)
})

test("canonicalPrincipal() reads usernames and names of machines", () => {
  assert.deepEqual(["Alice", "svc:CI ", "SVC:ci", "svc", "svcci"].map(canonicalPrincipal), [
    ...["alice", "svc:ci", "svc:ci", "svc", "svcci"],
  ])
  for (const text of ["", "svc:", "svc:svc:ci", "svc:a b", "bot:ci", "svc:-x", ":ci", "svc:\n"]) {
    assert.equal(canonicalPrincipal(text), null, text)
  }
})

test("isNoted() is true a minute away from the use that was noted, and for the first", () => {
  const used = sampleServiceToken("ci", { lastUsedAt: 1000 })
  const noted = [0, 940, 941, 1000, 1059, 1060].map((at) => isNoted(used, { at, address: "::1" }))
  assert.deepEqual(noted, [true, true, false, false, false, true])
  assert.equal(isNoted(sampleServiceToken("ci"), { at: 0, address: "::1" }), true)
})
