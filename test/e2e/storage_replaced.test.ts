// A running service whose data directory is exchanged, removed or mounted over (S-24): it says so,
// is not ready, and acknowledges nothing that the next start would not have. What needs no change
// goes on.

import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { call, getProtected, postLogin } from "../support/http_client.ts"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { noSmallDisk } from "../support/small_disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

interface Place {
  readonly directory: string
  readonly backup: string
}

const archive = ({ backup }: Place) => `${backup}.tar`

/** What an operator may do, and whether there is a deployment at the path then. */
const disturbances: Readonly<Record<string, readonly [(place: Place) => void, boolean]>> = {
  "tar -x over it": [
    (place) => execFileSync("tar", ["-xf", archive(place), "-C", place.directory]),
    true,
  ],
  "cp -a over it": [
    ({ directory, backup }) => execFileSync("cp", ["-a", `${backup}/.`, directory]),
    true,
  ],
  "rm -rf": [({ directory }) => rmSync(directory, { recursive: true }), false],
  "another copy in its place": [
    ({ directory, backup }) => {
      renameSync(directory, `${directory}.old`)
      cpSync(backup, directory, { recursive: true })
    },
    true,
  ],
}

for (const [what, [disturb, isThere]] of Object.entries(disturbances)) {
  test(`a service acknowledges nothing after ${what}, and the next start goes on`, async (t) => {
    const { place, settings, service, given } = await startWithBackup(t)
    disturb(place)
    const refused = await postLogin(service.url, "alice", "wonderland")
    const unavailable = { error: "temporarily_unavailable", msg: "The change could not be stored" }
    assert.deepEqual(refused, { status: 503, body: unavailable })
    assert.equal((await call(service.url, "GET", "/readyz")).status, 503)
    assert.equal((await call(service.url, "GET", "/livez")).status, 200)
    const again = await call(service.url, "POST", "/refresh", { token: given["refresh_token"] })
    assert.equal(again.status, 503)
    assert.equal((await getProtected(service.url, given["access_token"])).status, 200)
    const told = service.output().match(/^\{[^\n]*"event":"store\.displaced"[^\n]*$/gm) ?? []
    assert.equal(told.length, 1)
    assert.match(told[0] ?? "", /"level":"error"/)

    const names = isThere ? readdirSync(place.directory).sort() : null
    const added = await runPostern(["user", "add", "carol"], settings, "korrekt-pferd-batterie\n")
    // Where the directory is another one, it is that one's store that the command changes.
    const isAnother = what.startsWith("another")
    assert.equal(added.exitCode, isAnother ? 0 : 69, added.stderr)
    if (isThere && !isAnother) {
      const rotated = await runPostern(["key", "rotate"], settings)
      assert.equal(rotated.exitCode, 69)
      assert.match(
        rotated.stderr,
        /^postern: The keys could not be stored\nhint: Nothing was changed/,
      )
    }
    if (!isThere) assert.equal(existsSync(place.directory), false)
    else assert.deepEqual(readdirSync(place.directory).sort(), names)
    assert.equal(await service.stop(), 0)
    if (!isThere) return
    const next = await startPostern(t, settings)
    assert.equal((await postLogin(next.url, "alice", "wonderland")).status, 200)
    assert.equal((await postLogin(next.url, "dora", "korrekt-pferd-batterie")).status, 401)
    assert.equal(await next.stop(), 0)
  })
}

test("a service notices without a request that its directory is gone", async (t) => {
  const { place, service } = await startWithBackup(t)
  rmSync(place.directory, { recursive: true })
  await untilNotReady(service.url)
  assert.match(service.output(), /"event":"store\.displaced"/)
})

test("a service notices a mount over its directory, and is itself again when it is started again", {
  skip: noSmallDisk,
}, async (t) => {
  const { place, settings, service } = await startWithBackup(t)
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", place.directory])
  t.after(() => spawnSync("umount", ["-l", place.directory]))
  assert.equal((await postLogin(service.url, "alice", "wonderland")).status, 503)
  assert.equal((await call(service.url, "GET", "/readyz")).status, 503)
  const listed = await runPostern(["user", "list"], settings)
  assert.equal(listed.exitCode, 69, listed.stderr)
  assert.deepEqual(readdirSync(place.directory), [])
  execFileSync("umount", [place.directory])
  assert.equal((await call(service.url, "GET", "/readyz")).status, 503)
  assert.equal(await service.stop(), 0)
  const next = await startPostern(t, settings)
  assert.equal((await postLogin(next.url, "dora", "korrekt-pferd-batterie")).status, 200)
  assert.equal(await next.stop(), 0)
})

/** A service of alice and dora, and a backup from before dora. */
async function startWithBackup(t: TestContext) {
  const parent = temporaryDirectory(t)
  const place = { directory: join(parent, "data"), backup: join(parent, "backup") }
  const settings = { POSTERN_DATA_DIR: place.directory }
  const seeded = { ...settings, POSTERN_SEED_USERS: "alice:wonderland" }
  const before = await startPostern(t, seeded)
  assert.equal(await before.stop(), 0)
  mkdirSync(place.backup, { mode: 0o700 })
  execFileSync("cp", ["-a", `${place.directory}/.`, place.backup])
  execFileSync("tar", ["-cf", archive(place), "-C", place.backup, "."])
  const service = await startPostern(t, settings)
  const added = await runPostern(["user", "add", "dora"], settings, "korrekt-pferd-batterie\n")
  assert.equal(added.stdout, "Added user 'dora'.\n", added.stderr)
  const { body: given } = await postLogin(service.url, "alice", "wonderland")
  return { place, settings, service, given }
}

async function untilNotReady(url: string): Promise<void> {
  const end = performance.now() + 5000
  while ((await call(url, "GET", "/readyz")).status === 200) {
    assert.ok(performance.now() < end, "it came in time")
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
