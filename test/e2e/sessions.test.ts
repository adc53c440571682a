// Sessions and keys over real HTTP and the real command line, with every event that they leave.

import assert from "node:assert/strict"
import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { type Answer, call, getProtected, postLogin } from "../support/http_client.ts"
import { type RunningPostern, runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { tokenTrace } from "../support/token_trace.ts"

const first = "korrekt-pferd-batterie"
const second = "heftklammer-und-mehr"
const revoked = { error: "invalid_token", msg: "Token has been revoked" }

/** Audit events without what differs each time: name, user, reason, and whose session it was. */
function trail(lines: string, sids: Readonly<Record<string, string>>): string[] {
  const events = lines
    .split("\n")
    .filter((line) => line.includes('"level":"audit"'))
    .map((line) => JSON.parse(line) as Record<string, string>)
  return events.map(({ event, user, session = "", reason }) =>
    [event, user, sids[session], reason].filter((word) => word !== undefined).join(" "),
  )
}

function sidOf({ body }: Answer): string {
  const payload = String(body["access_token"]).split(".")[1] ?? ""
  return JSON.parse(Buffer.from(payload, "base64url").toString()).sid
}

async function refresh(url: string, answer: Answer, inBody = false): Promise<Answer> {
  const token = answer.body["refresh_token"]
  const sent = inBody ? { json: { refresh_token: token } } : { token }
  const { status, body } = await call(url, "POST", "/refresh", sent)
  return { status, body }
}

async function isRefused(url: string, answer: Answer): Promise<void> {
  const access = await getProtected(url, answer.body["access_token"])
  assert.deepEqual(
    [access, await refresh(url, answer)],
    Array(2).fill({ status: 401, body: revoked }),
  )
}

/** A free port is another one at the next start: without it tokens of before have another issuer. */
const issuer = "https://login.example.org"

test("a session lives over restarts, and its end is everybody's to see", async (t) => {
  const directory = temporaryDirectory(t)
  const auditFile = join(directory, "audit.jsonl")
  const settings = {
    POSTERN_ISSUER: issuer,
    POSTERN_DATA_DIR: join(directory, "data"),
    POSTERN_SEED_USERS: `alice:${first}`,
    POSTERN_AUDIT_FILE: auditFile,
  }
  const before = await startPostern(t, settings)
  const laptop = await postLogin(before.url, "alice", first)
  const phone = await postLogin(before.url, "alice", first)
  const renewed = await refresh(before.url, laptop)
  assert.equal(renewed.status, 200)
  assert.equal(sidOf(renewed), sidOf(laptop))
  await before.stop()

  const { url, output, stop } = await startPostern(t, settings)
  const lost = await refresh(url, laptop, true)
  assert.equal(lost.body["refresh_token"], renewed.body["refresh_token"])
  const { body: listed } = await call(url, "GET", "/sessions", { token: lost.body["access_token"] })
  const sessions = listed["sessions"] as { sid: string; current: boolean }[]
  assert.deepEqual(
    sessions.map(({ sid, current }) => [sid, current]).sort(),
    [
      [sidOf(laptop), true],
      [sidOf(phone), false],
    ].sort(),
  )
  const none = await call(url, "GET", "/revocations")
  assert.deepEqual(none.body, { sids: [], jtis: [] })
  const out = await call(url, "POST", "/logout", { token: phone.body["access_token"] })
  assert.deepEqual([out.status, out.headers.get("clear-site-data")], [204, null])
  await isRefused(url, phone)
  const known = { headers: { "If-None-Match": none.headers.get("etag") ?? "" } }
  const one = await call(url, "GET", "/revocations", known)
  assert.deepEqual([one.status, one.body], [200, { sids: [sidOf(phone)], jtis: [] }])

  const json = { current: first, new: second }
  const stale = await call(url, "POST", "/password", { token: lost.body["access_token"], json })
  assert.deepEqual([stale.status, stale.body["error"]], [401, "insufficient_user_authentication"])
  const token = laptop.body["access_token"]
  const changed = await call(url, "POST", "/password", { token, json })
  assert.equal(changed.status, 200)
  await isRefused(url, lost)
  assert.equal((await postLogin(url, "alice", first)).status, 401)
  assert.equal((await refresh(url, changed)).status, 200)
  await stop()

  const sids = { [sidOf(laptop)]: "laptop", [sidOf(phone)]: "phone", [sidOf(changed)]: "changed" }
  const ownTrail = [
    "session.replayed alice laptop",
    "session.ended alice phone logout",
    "refresh.refused phone ended",
    "password.changed alice changed",
    "session.ended alice laptop password_changed",
    "refresh.refused laptop ended",
    "login.failed alice",
    "session.refreshed alice changed",
  ]
  assert.deepEqual(trail(output(), sids), ownTrail)
  assert.deepEqual(trail(readFileSync(auditFile, "utf8"), sids), [
    ...trail(before.output(), sids),
    ...ownTrail,
  ])
  assert.deepEqual(trail(before.output(), sids), [
    "key.made",
    "user.seeded alice",
    "login.succeeded alice laptop",
    "login.succeeded alice phone",
    "session.refreshed alice laptop",
  ])
  assert.equal(statSync(auditFile).mode & 0o777, 0o600)
  const secrets = [first, second, tokenTrace, /argon2/]
  for (const secret of secrets) {
    assert.equal(`${before.output()}${output()}`.search(secret), -1, String(secret))
  }
})

test("postern key: a key follows another, and a retired one is refused at once", async (t) => {
  const settings = {
    POSTERN_ISSUER: issuer,
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_SEED_USERS: `alice:${first}`,
  }
  const service = await startPostern(t, settings)
  const { url } = service
  const answer = await postLogin(url, "alice", first)
  const [signing = ""] = await publishedKids(url)
  const { stdout: told } = await type("rotate")
  const [, added = ""] =
    /^Published key '([\w-]{43})'\. It signs tokens from \S+Z on\.\n$/.exec(told) ?? []
  assert.deepEqual(await publishedKids(url), [signing, added])
  const secrets = ["refresh signing", "cookies signing"]
  assert.deepEqual(await states(), [`${signing} signing`, `${added} waiting`, ...secrets])
  const again = await type("rotate")
  assert.deepEqual(again, {
    exitCode: 1,
    stdout: "",
    stderr:
      `postern: The key '${added}' is published already and about to sign\n` +
      "hint: Nothing was changed. `postern key list` shows the keys.\n",
  })
  const retired = `Retired key '${signing}'. Tokens that it signed are refused from now on.\n`
  assert.deepEqual(await type("retire", signing), { exitCode: 0, stdout: retired, stderr: "" })
  assert.deepEqual(await publishedKids(url), [added])
  assert.deepEqual(await getProtected(url, answer.body["access_token"]), {
    status: 401,
    body: { error: "invalid_token", msg: "Invalid token" },
  })
  const renewed = await refresh(url, answer)
  assert.equal((await getProtected(url, renewed.body["access_token"])).status, 200)

  // Without the service it works on the files, and the next start finds what it left.
  await service.stop()
  await type("retire", "refresh")
  const later = await startPostern(t, settings)
  assert.deepEqual(await states(), [`${added} signing`, ...secrets])
  assert.equal((await refresh(later.url, renewed)).body["msg"], "Invalid token")
  assert.equal((await getProtected(later.url, renewed.body["access_token"])).status, 200)
  assert.deepEqual(keyEvents(service), [
    `key.made ${signing}`,
    `key.rotated ${added}`,
    `key.retired ${signing}`,
  ])

  function type(...words: readonly string[]) {
    return runPostern(["key", ...words], settings)
  }

  async function states(): Promise<string[]> {
    const [, ...rows] = (await type("list")).stdout.trimEnd().split("\n")
    return rows.map((row) => row.replace(/^(\S+) +\S+ +(\S+) .*$/, "$1 $2"))
  }
})

async function publishedKids(url: string): Promise<string[]> {
  const { body } = await call(url, "GET", "/.well-known/jwks.json")
  return (body["keys"] as { kid: string }[]).map(({ kid }) => kid)
}

function keyEvents({ output }: RunningPostern): string[] {
  return output()
    .split("\n")
    .filter((line) => line.includes('"event":"key.'))
    .map((line) => {
      const { event, key } = JSON.parse(line) as Record<string, string>
      return `${event} ${key}`
    })
}
