// Symbolic links planted in the data directory (S-06): one in the place of a file is refused, one
// in the place of what a start tidies away is removed, and what they point to is never touched.

import assert from "node:assert/strict"
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { openAndClose } from "../store/json/used_directory.ts"
import { postLogin } from "../support/http_client.ts"
import { type ProcessSettings, runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const text = "of somebody else\n"

const refusedNames: readonly (readonly [name: string, exitCode: number, hint: string])[] = [
  ["keys.json", 65, "Put the file itself there"],
  ["audit.jsonl", 65, "Set it to a file of the user that Postern runs as"],
]

for (const [name, exitCode, hint] of refusedNames) {
  test(`a start refuses a link in the place of ${name}`, async (t) => {
    const { directory, target, settings } = await directoryWithTarget(t)
    symlinkSync(target, join(directory, name))
    const { exitCode: found, stderr } = await runPostern(["user", "list"], settings)
    assert.equal(found, exitCode, stderr)
    assert.match(stderr, new RegExp(`'.*/${name}' is not a file, but a link\\nhint: ${hint}`))
    assertUntouched(target)
    assert.ok(lstatSync(join(directory, name)).isSymbolicLink())
  })
}

test("a start removes links in the place of sockets and leftovers, not what they point to", async (t) => {
  const { directory, target, settings } = await directoryWithTarget(t)
  const planted = [
    "control.sock",
    `lock-${"A".repeat(22)}.sock`,
    `.lock-${"B".repeat(22)}.sock`,
    `.store.json.${"C".repeat(22)}.tmp`,
    `.keys.json.${"D".repeat(22)}.tmp`,
  ]
  for (const name of planted) symlinkSync(target, join(directory, name))
  const service = await startPostern(t, { ...settings, POSTERN_SEED_USERS: "alice:wonderland" })
  assert.equal((await postLogin(service.url, "alice", "wonderland")).status, 200)
  const listed = await runPostern(["user", "list"], settings)
  assert.match(listed.stdout, /^alice/m)
  const links = readdirSync(directory).filter((name) =>
    lstatSync(join(directory, name)).isSymbolicLink(),
  )
  assert.deepEqual(links, [])
  assert.ok(lstatSync(join(directory, "control.sock")).isSocket())
  assert.equal(await service.stop(), 0)
  assertUntouched(target)
})

test("a start makes private files, whatever the umask, and repairs those of others' backups", async (t) => {
  const { directory, settings } = await directoryWithTarget(t)
  const started = await runPostern(["user", "list"], settings)
  assert.equal(started.exitCode, 0, started.stderr)
  const files = readdirSync(directory).sort()
  assert.deepEqual(files, [
    "audit.jsonl",
    "journal.0.jsonl",
    "journal.1.jsonl",
    "keys.json",
    "store.json",
  ])
  for (const name of files) {
    assert.equal(lstatSync(join(directory, name)).mode & 0o777, 0o600, name)
    chmodSync(join(directory, name), 0o644)
  }
  chmodSync(directory, 0o755)
  const again = await runPostern(["user", "list"], settings)
  assert.equal(again.exitCode, 0)
  const repaired = again.stderr.match(/was open to other users \(mode \d+\); it is [67]00 now/g)
  assert.equal(repaired?.length, files.length + 1, again.stderr)
  for (const name of files) assert.equal(lstatSync(join(directory, name)).mode & 0o777, 0o600, name)
  assert.equal(lstatSync(directory).mode & 0o777, 0o700)
})

async function directoryWithTarget(t: TestContext): Promise<{
  readonly directory: string
  readonly target: string
  readonly settings: ProcessSettings
}> {
  const parent = temporaryDirectory(t)
  const directory = join(parent, "data")
  await openAndClose(directory)
  const target = join(parent, "target")
  writeFileSync(target, text, { mode: 0o640 })
  const settings = {
    POSTERN_DATA_DIR: directory,
    POSTERN_AUDIT_FILE: join(directory, "audit.jsonl"),
  }
  return { directory, target, settings }
}

function assertUntouched(target: string): void {
  assert.equal(readFileSync(target, "utf8"), text)
  assert.equal(lstatSync(target).mode & 0o777, 0o640)
}
