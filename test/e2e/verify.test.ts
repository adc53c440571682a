// /verify of a service in a process of its own: it is there when POSTERN_PROTECT is set, answers
// the trusted proxies, and keeps its limits.

import assert from "node:assert/strict"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { startPostern } from "../support/postern_process.ts"
import { converse } from "../support/raw_socket.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const photos = [
  ...["Host: photos.example.org", "X-Forwarded-Host: photos.example.org"],
  ...["X-Forwarded-Method: GET", "X-Forwarded-Proto: https", "X-Forwarded-Uri: /album?x=1"],
]

async function start(t: TestContext, settings: Readonly<Record<string, string>>) {
  const { port, output } = await startPostern(t, {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_ISSUER: "https://login.example.org",
    POSTERN_ALLOWED_HOSTS: "login.example.org",
    POSTERN_SEED_USERS: "alice:wonderland",
    ...settings,
  })
  const ask = async (path: string, lines: readonly string[], method = "GET") => {
    const head = [`${method} ${path} HTTP/1.1`, ...lines, "Connection: close", "", ""].join("\r\n")
    const { replies } = await converse(port, [head])
    assert.ok(replies[0])
    return replies[0]
  }
  return { ask, output }
}

test("postern serve answers trusted proxies about the hosts of POSTERN_PROTECT", async (t) => {
  const { ask, output } = await start(t, {
    POSTERN_TRUSTED_PROXIES: "127.0.0.1",
    POSTERN_PROTECT: "photos.example.org\n*.lab.example.org open=/public/\n",
  })
  const page = await ask("/verify/nginx", [...photos, "Accept: text/html"])
  assert.equal(page.status, 401)
  const start1 = "https://login.example.org/continue?to=https://photos.example.org/album?x=1&st="
  assert.ok(page.headers.get("location")?.startsWith(start1))
  assert.match(page.headers.get("set-cookie") ?? "", /^__Host-postern_try=/)
  const open = await ask("/verify/envoy/public/a", ["Host: x.lab.example.org"], "HEAD")
  assert.deepEqual([open.status, open.headers.get("remote-user")], [200, ""])
  const long = `X-Long: ${"v".repeat(30_000)}`
  assert.equal((await ask("/verify/proxy", [...photos, long])).status, 401)
  assert.equal((await ask("/livez", ["Host: login.example.org", long])).status, 431)
  assert.equal((await ask("/verify/nginx", ["Host: x.lab.example.org", "Host: x"])).status, 403)
  assert.equal((await ask("/livez", ["Host: photos.example.org"])).status, 421)
  const login = await ask(page.headers.get("location")?.slice(25) ?? "", [
    "Host: login.example.org",
    "X-Forwarded-Proto: https",
  ])
  assert.match(login.headers.get("location") ?? "", /^\/login\?to=https:\/\/photos\.example\.org/)
  assert.doesNotMatch(output(), /"level":"error"/)
})

test("postern serve tells the operator when nobody can get in", async (t) => {
  const { ask, output } = await start(t, { POSTERN_PROTECT: "photos.example.org" })
  assert.equal((await ask("/verify/nginx", photos)).status, 403)
  assert.match(output(), /POSTERN_PROTECT is set and POSTERN_TRUSTED_PROXIES is not/)
  assert.match(output(), /"event":"verify\.untrusted","client":"127\.0\.0\.1"/)
})

test("postern serve has no /verify unless hosts are protected", async (t) => {
  for (const settings of [{}, { POSTERN_PAGES: "on" }]) {
    const { ask } = await start(t, { ...settings, POSTERN_TRUSTED_PROXIES: "127.0.0.1" })
    const { status } = await ask("/verify/nginx", ["Host: login.example.org"])
    assert.equal(status, 404)
    const long = `X-Long: ${"v".repeat(30_000)}`
    assert.equal((await ask("/verify/nginx", ["Host: login.example.org", long])).status, 431)
  }
})
