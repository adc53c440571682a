// The example of a verifier, beside a service without sockets: `fetch` asks that, and time moves by
// hand, here and there. Against a running one at the end.

import assert from "node:assert/strict"
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { test } from "node:test"
import { createRevocations, createVerifier, Unreachable } from "../examples/verify_in_node.ts"
import { postLogin } from "./support/http_client.ts"
import { startPostern } from "./support/postern_process.ts"
import { temporaryDirectory } from "./support/temporary_directory.ts"
import { createVerified, failToConnect, inside, listPath } from "./support/verified_service.ts"

const revoked = { message: "Token has been revoked" }

test("createVerifier() refuses ended tokens ten seconds later, by one list for all", async (t) => {
  const { service, verify, lists, pass } = await createVerified(t)
  const alice = await service.logIn("alice", "wonderland")
  const bob = await service.logIn("bob", "builder")
  const claims = await Promise.all([verify(alice), verify(bob), verify(alice)])
  assert.deepEqual(
    claims.map(({ sub }) => sub),
    ["alice", "bob", "alice"],
  )
  assert.equal(lists(), 1)
  await service.call("POST", "/logout", { token: alice })
  pass(10)
  assert.equal((await verify(alice)).sub, "alice")
  assert.equal(lists(), 1)
  pass(1)
  const both = [verify(alice), verify(bob), verify(alice)]
  assert.deepEqual(
    (await Promise.allSettled(both)).map(({ status }) => status),
    ["rejected", "fulfilled", "rejected"],
  )
  assert.equal(lists(), 2)
  await assert.rejects(verify(alice), revoked)
  assert.equal(lists(), 2)
})

const badAnswers: readonly (readonly [name: string, answer: () => Response, message: RegExp])[] = [
  ["nobody answers", failToConnect, /ECONNREFUSED/],
  ["it answers 503", () => new Response("{}", { status: 503 }), /can't be had: 503/],
  ["it is no JSON", () => new Response("<html>"), /JSON/],
  ["it is no list", () => new Response("{}"), /iterable/],
  ["it is half a list", () => new Response('{"sids":[]}'), /iterable/],
]

for (const [name, answer, message] of badAnswers) {
  test(`createVerifier() refuses all tokens without a list: ${name}`, async (t) => {
    const { service, elsewhere, verify, lists, pass } = await createVerified(t)
    const token = await service.logIn("alice", "wonderland")
    elsewhere.answer = answer
    await assert.rejects(verify(token), { message })
    elsewhere.answer = null
    assert.equal((await verify(token)).sub, "alice")
    elsewhere.answer = answer
    pass(11)
    await assert.rejects(verify(token), Unreachable)
    elsewhere.answer = null
    assert.equal((await verify(token)).sub, "alice")
    assert.equal(lists(), 4)
  })
}

test("createRevocations() refuses all that wait for a list that does not come", async (t) => {
  const { elsewhere, lists } = await createVerified(t)
  let giveUp = (_: Error) => {}
  elsewhere.answer = () =>
    new Promise((_, reject) => {
      giveUp = reject
    })
  const isRevoked = createRevocations(inside)
  const outcome = Promise.allSettled([isRevoked({ sid: "s1" }), isRevoked({ sid: "s2" })])
  giveUp(new Error("It took too long"))
  const reasons = (await outcome).map((one) => (one.status === "rejected" ? one.reason : one))
  const unreachable = new Unreachable("Postern can't be asked: It took too long")
  assert.deepEqual(reasons, [unreachable, unreachable])
  assert.equal(lists(), 1)
})

test("createVerifier() with a slow clock goes by the list before, too", async (t) => {
  const { service, elsewhere, verify, lists, pass } = await createVerified(t)
  elsewhere.secondsSlow = 8
  const token = await service.logIn("alice", "wonderland")
  await service.call("POST", "/logout", { token })
  pass(895)
  await assert.rejects(verify(token), revoked)
  pass(11)
  const { body } = await service.call("GET", listPath)
  assert.equal(body, '{"sids":[],"jtis":[]}\n')
  await assert.rejects(verify(token), revoked)
  assert.equal(lists(), 2)
  pass(2)
  await assert.rejects(verify(token), { message: '"exp" claim timestamp check failed' })
})

test("createVerifier() goes on when the keys are rotated", async (t) => {
  const { service, verify, pass } = await createVerified(t)
  const old = await service.logIn("alice", "wonderland")
  assert.equal((await verify(old)).sub, "alice")
  await service.keys.rotate()
  assert.equal((await verify(await service.logIn("bob", "builder"))).sub, "bob")
  pass(305)
  const young = await service.logIn("bob", "builder")
  const kids = [old, young].map((token) => JSON.parse(atob(token.split(".")[0] ?? "")).kid)
  assert.notEqual(kids[0], kids[1])
  assert.equal((await verify(young)).sub, "bob")
  assert.equal((await verify(old)).sub, "alice")
})

test("createVerifier() takes a running service's good tokens and no others", async (t) => {
  const port = await freePort()
  const { url } = await startPostern(t, {
    POSTERN_DATA_DIR: temporaryDirectory(t),
    POSTERN_PORT: String(port),
    POSTERN_SEED_USERS: "alice:wonderland",
  })
  const issuer = `http://localhost:${port}`
  const { body } = await postLogin(url, "alice", "wonderland")
  const token = String(body["access_token"])
  const verify = createVerifier(issuer)
  assert.equal((await verify(token)).sub, "alice")
  await assert.rejects(verify(`${token.slice(0, -8)}AAAAAAAA`), {
    message: "signature verification failed",
  })
  await assert.rejects(verify(String(body["refresh_token"])), { message: "Invalid Compact JWS" })
  const elsewhere = createVerifier(url, { audience: issuer, address: issuer })
  await assert.rejects(elsewhere(token), { message: 'unexpected "iss" claim value' })
  await fetch(`${url}/logout`, { method: "POST", headers: { Authorization: `Bearer ${token}` } })
  await assert.rejects(createVerifier(issuer)(token), revoked)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}
