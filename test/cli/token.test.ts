// `postern token …` in the process of the test: in the running service, and without one.

import assert from "node:assert/strict"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { sampleServiceToken } from "../store/sample_service_token.ts"
import { openControlDirectory } from "../support/control_directory.ts"
import { setUp } from "../support/set_up.ts"
import { settled } from "../support/settled.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { createTestService } from "../support/test_service.ts"
import { run } from "./backup_places.ts"

/** A running service, and the settings by which commands find it. */
async function running(t: TestContext) {
  const service = await createTestService(t)
  service.log.takeAudit()
  const data = await openControlDirectory(t, { ...service, log: service.log.log })
  return { service, settings: { POSTERN_DATA_DIR: data } }
}

test("postern token create shows a token once, on a line of its own", async (t) => {
  const { service, settings } = await running(t)
  const words = ["token", "create", "Backup", "--role", "reader", "--expires", "30d"]
  const { exitCode, stdout, stderr } = await run(words, settings)
  assert.deepEqual([exitCode, stderr], [0, ""])
  const [said, keep, token = "", rest] = stdout.split("\n")
  assert.equal(
    said,
    "Made service token 'backup', with the roles reader, until 2026-12-23T15:30:00Z. Services see 'svc:backup'.",
  )
  assert.deepEqual([keep, rest], ["Keep it now, it is not shown again:", ""])
  const principal = await service.serviceTokens.authenticate(token, { address: "::1" })
  assert.equal(principal.username, "svc:backup")
})

test("postern token create takes a role several times, and says with --json what it made", async (t) => {
  const { settings } = await running(t)
  const roles = ["--role", "b", "--role", "a,c", "--fresh", "--aal2", "--admin"]
  const { stdout } = await run(["token", "create", "ci", ...roles, "--json"], settings)
  const { token, ...made } = JSON.parse(stdout)
  assert.match(token, /^pts_[\w-]{43}$/)
  assert.deepEqual(made, {
    ...{ name: "ci", roles: ["a", "admin", "b", "c"], fresh: true, acr: "aal2" },
    ...{ created_at: 1_795_447_800, expires_at: 1_795_447_800 + 90 * 86_400 },
  })
})

test("postern token list shows uses and what has expired, and no token", async (t) => {
  const { service, settings } = await running(t)
  const { serviceTokens, clock } = service
  const none = await run(["token", "list"], settings)
  assert.equal(none.stdout, "There are no service tokens. `postern token create NAME` makes one.\n")
  await serviceTokens.create({ name: "old", roles: "", expires: "1h" })
  const { token } = await serviceTokens.create({
    name: "ci",
    roles: "a,b",
    fresh: true,
    aal2: true,
  })
  clock.advance(3600)
  await serviceTokens.authenticate(token, { address: "192.0.2.7" })
  await settled()
  const head =
    "NAME  STATE    ROLES  COUNTS AS   CREATED               EXPIRES               LAST USED             ADDRESS\n"
  assert.deepEqual(await run(["token", "list"], settings), {
    exitCode: 0,
    stdout:
      head +
      "ci    good     a b    fresh aal2  2026-11-23T15:30:00Z  2027-02-21T15:30:00Z  2026-11-23T16:30:00Z  192.0.2.7\n" +
      "old   expired  -      -           2026-11-23T15:30:00Z  2026-11-23T16:30:00Z  never                 -\n",
    stderr: "",
  })
  const json = await run(["token", "list", "--json"], settings)
  assert.deepEqual(JSON.parse(json.stdout)[1], {
    ...{ name: "old", roles: [], fresh: false, acr: "aal1", created_at: 1_795_447_800 },
    ...{ expires_at: 1_795_451_400, expired: true, last_used_at: null, last_address: "" },
  })
  assert.ok(!json.stdout.includes("hash"))
})

test("postern token revoke ends a token, and refuses an unknown name", async (t) => {
  const { service, settings } = await running(t)
  const { token } = await service.serviceTokens.create({ name: "ci", roles: "" })
  assert.deepEqual(await run(["token", "revoke", "ci"], settings), {
    ...{ exitCode: 0, stderr: "" },
    stdout: "Revoked service token 'ci'. It is refused from now on.\n",
  })
  await assert.rejects(service.serviceTokens.authenticate(token, { address: "::1" }))
  assert.deepEqual(await run(["token", "revoke", "ci"], settings), {
    ...{ exitCode: 1, stdout: "" },
    stderr:
      "postern: There is no service token 'ci'\nhint: `postern token list` shows the service tokens.\n",
  })
})

test("postern token create says what is wrong", async (t) => {
  const { settings } = await running(t)
  await run(["token", "create", "ci"], settings)
  const rows: readonly (readonly [words: readonly string[], exitCode: number, said: RegExp])[] = [
    [
      ["ci"],
      1,
      /^postern: There is a service token 'ci' already\nhint: Choose another name, or rev/,
    ],
    [
      ["x", "--role", "admin"],
      1,
      /^postern: The role 'admin' needs --admin, too\nhint: Nothing was/,
    ],
    [["x", "--expires", "never"], 1, /^postern: A service token lives from 1h to 400d/],
    [["a:b"], 1, /^postern: That can't be the name of a service token/],
    [[], 2, /^postern: token create: wrong arguments\nhint: Usage: postern token create NAME/],
    [["x", "--roles", "a"], 2, /there is no option --roles\. Did you mean --role\?/],
  ]
  for (const [words, exitCode, said] of rows) {
    const outcome = await run(["token", "create", ...words], settings)
    assert.deepEqual([outcome.exitCode, outcome.stdout], [exitCode, ""], words.join(" "))
    assert.match(outcome.stderr, said)
  }
})

test("postern token works while no service runs, also with a thousand tokens", async (t) => {
  const data = await setUp(join(temporaryDirectory(t), "data"))
  const settings = { POSTERN_DATA_DIR: data }
  const { stdout } = await run(["token", "create", "ci"], settings)
  assert.match(stdout, /\npts_[\w-]{43}\nWritten to '.*', since no service runs there\.\n$/)
  const store = await openJsonStore({ directory: data, disk: machineDisk, warn: assert.fail })
  const names = Array.from({ length: 999 }, (_, at) => `t${at}`)
  await Promise.all(names.map((name) => store.serviceTokens.create(sampleServiceToken(name))))
  await store.close()
  const listed = JSON.parse((await run(["token", "list", "--json"], settings)).stdout)
  assert.equal(listed.length, 1000)
  assert.equal((await run(["token", "revoke", "t998"], settings)).exitCode, 0)
  assert.equal(JSON.parse((await run(["token", "list", "--json"], settings)).stdout).length, 999)
})
