// What others on the machine can see of the process (S-20): with secrets in files, neither its
// arguments nor its environment have one, nor does anything that it prints.

import assert from "node:assert/strict"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { postLogin } from "../support/http_client.ts"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { testSecret } from "../support/test_keys.ts"

const noProc = existsSync("/proc/self/environ") ? false : "there is no /proc"
const password = "a kingfisher by the brook"

test("a service's arguments, environment and output have no secret", {
  skip: noProc,
}, async (t) => {
  const directory = temporaryDirectory(t)
  const secretFile = join(directory, "secret")
  const usersFile = join(directory, "users")
  writeFileSync(secretFile, `${testSecret}\n`)
  writeFileSync(usersFile, `alice:${password}\n`)
  const service = await startPostern(t, {
    POSTERN_DATA_DIR: join(directory, "data"),
    JWT_SECRET_KEY_FILE: secretFile,
    POSTERN_SEED_USERS_FILE: usersFile,
    POSTERN_LOG_LEVEL: "debug",
  })
  const { status, body } = await postLogin(service.url, "alice", password)
  assert.equal(status, 200)
  const seen = ["cmdline", "environ"].map((name) =>
    readFileSync(`/proc/${service.process.pid}/${name}`, "utf8"),
  )
  assert.match(seen.join(), /JWT_SECRET_KEY_FILE=/)
  const text = [...seen, service.output()].join()
  const { access_token: access, refresh_token: refresh } = body
  for (const secret of [testSecret, password, access, refresh]) {
    assert.equal(typeof secret, "string")
    assert.ok(!text.includes(String(secret)))
  }
})

test("a command takes no password as an argument, and shows none that it was given", async (t) => {
  const settings = { POSTERN_DATA_DIR: join(temporaryDirectory(t), "data") }
  const words = ["user", "add", "carol", password]
  const { exitCode, stdout, stderr } = await runPostern(words, settings)
  assert.equal(exitCode, 2)
  assert.ok(!`${stdout}${stderr}`.includes(password))
})
