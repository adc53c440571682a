// Data directories that are not simply the service's own: a link, as systemd makes one for a
// dynamic user, and a volume of root's for a group, as Kubernetes makes one (S-06, S-07). They are
// used as another user than root, which it takes root to become.

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
} from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { postLogin } from "../support/http_client.ts"
import { bundlePostern, runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const uid = 10_001
const skip = process.geteuid?.() === 0 ? false : "it takes root to become another user"
const password = "korrekt-pferd-batterie\n"

/** Programs of the user 10001 with these groups: what comes before Postern's own words. */
function asUser(t: TestContext, groups: string): readonly string[] {
  const [script = ""] = bundlePostern(t)
  chmodSync(join(script, ".."), 0o755)
  const become = ["--reuid", String(uid), ...groups.split(" ")]
  // A process of Node's that becomes setpriv's would do, but there is none.
  const run = join(script, "..", "run.cjs")
  execFileSync("sh", ["-c", `cat > ${run}`], { input: launcher(script, become) })
  return [run]
}

function launcher(script: string, become: readonly string[]): string {
  const words = JSON.stringify([...become, process.execPath, script])
  return `
const { spawn } = require("node:child_process")
// That user may not write where coverage is collected.
const env = { ...process.env, NODE_V8_COVERAGE: "" }
const child = spawn("setpriv", [...${words}, ...process.argv.slice(2)], { stdio: "inherit", env })
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal))
child.on("exit", (code) => process.exit(code ?? 1))
`
}

/** A directory that everybody may enter. */
function openParent(t: TestContext): string {
  const parent = temporaryDirectory(t)
  chmodSync(parent, 0o755)
  return parent
}

const groupRows: readonly (readonly [what: string, groups: string, mode: number])[] = [
  ["root:10001 2775, a further group", "--regid 10001 --groups 10001", 0o2775],
  ["root:10001 2770, a further group of another", "--regid 20000 --groups 10001", 0o2770],
  ["root:10001 0775, the first group", "--regid 10001 --clear-groups", 0o775],
]

for (const [what, groups, mode] of groupRows) {
  test(`a volume of root's for the group is used below: ${what}`, { skip }, async (t) => {
    const volume = join(openParent(t), "volume")
    mkdirSync(volume)
    chownSync(volume, 0, uid)
    chmodSync(volume, mode)
    const settings = { POSTERN_DATA_DIR: volume }
    const program = asUser(t, groups)
    const directory = join(volume, "postern")
    const early = await runPostern(["user", "list"], settings, "", program)
    assert.deepEqual([early.exitCode, early.stdout], [69, ""])
    assert.match(early.stderr, new RegExp(`^postern: Nothing is set up in '${directory}'\n`))
    assert.deepEqual(readdirSync(volume), [])

    const made = await runPostern(["init"], settings, "", program)
    assert.deepEqual([made.exitCode, made.stderr], [0, ""])
    const added = await runPostern(["user", "add", "carol"], settings, password, program)
    assert.match(added.stdout, new RegExp(`Written to '${directory}'`), added.stderr)
    const { mode: made0, uid: owner } = lstatSync(directory)
    assert.deepEqual([made0 & 0o777, owner], [0o700, uid])
    // As it is done at each mount of such a volume.
    execFileSync("chgrp", ["-R", String(uid), volume])
    execFileSync("chmod", ["-R", "g+rwX", volume])
    for (let start = 1; start <= 2; start += 1) {
      const service = await startPostern(t, settings, ["serve"], program)
      assert.equal((await postLogin(service.url, "carol", password.trim())).status, 200)
      const listed = await runPostern(["user", "list"], settings, "", program)
      assert.match(listed.stdout, /\ncarol /, listed.stderr)
      assert.equal(await service.stop(), 0)
    }
    assert.deepEqual(readdirSync(volume), ["postern"])
    assert.equal(lstatSync(directory).mode & 0o777, 0o700)
  })
}

test("a directory of root's that is no such volume is refused, never with the advice to be root", {
  skip,
}, async (t) => {
  const rows = [
    [0, uid, 0o755],
    [0, 0, 0o777],
    [0, 20_000, 0o770 | 0o005],
    [12_345, uid, 0o775],
  ] as const
  const program = asUser(t, "--regid 10001 --groups 10001")
  for (const [owner, group, mode] of rows) {
    const directory = join(openParent(t), "data")
    mkdirSync(directory)
    chownSync(directory, owner, group)
    chmodSync(directory, mode)
    const settings = { POSTERN_DATA_DIR: directory, POSTERN_PORT: "0" }
    const { exitCode, stderr } = await runPostern(["serve"], settings, "", program)
    assert.equal(exitCode, 65, stderr)
    assert.match(stderr, new RegExp(`'${directory}' belongs to user ${owner}, not to ${uid}`))
    assert.doesNotMatch(stderr, /as user 0\b/)
    assert.match(stderr, /chown -R 10001 DIRECTORY/)
    assert.deepEqual(readdirSync(directory), [])
  }
})

test("a linked directory is used, by the service and by commands", { skip }, async (t) => {
  const parent = openParent(t)
  const target = join(parent, "private", "postern")
  mkdirSync(target, { recursive: true })
  chownSync(target, uid, uid)
  chmodSync(target, 0o755)
  const link = join(parent, "postern")
  symlinkSync(join("private", "postern"), link)
  const settings = { POSTERN_DATA_DIR: link }
  const program = asUser(t, "--regid 10001 --clear-groups")
  const early = await runPostern(["user", "list"], settings, "", program)
  assert.match(early.stderr, new RegExp(`^postern: Nothing is set up in '${target}'\n`))
  const service = await startPostern(t, settings, ["serve"], program)
  const added = await runPostern(["user", "add", "carol"], settings, password, program)
  assert.equal(added.stdout, "Added user 'carol'.\n", added.stderr)
  assert.equal((await postLogin(service.url, "carol", password.trim())).status, 200)
  assert.equal(await service.stop(), 0)
  assert.ok(existsSync(join(target, "store.json")))
  assert.ok(lstatSync(link).isSymbolicLink())
  assert.equal(lstatSync(target).mode & 0o777, 0o700)
  const listed = await runPostern(["user", "list"], settings, "", program)
  assert.match(listed.stdout, /\ncarol /, listed.stderr)
})

test("a linked directory is judged by what it links to", { skip }, async (t) => {
  const parent = openParent(t)
  const target = join(parent, "of_another")
  mkdirSync(target)
  chownSync(target, 12_345, 12_345)
  symlinkSync("of_another", join(parent, "data"))
  symlinkSync("nowhere", join(parent, "broken"))
  const serve = (name: string) =>
    runPostern(["serve"], { POSTERN_DATA_DIR: join(parent, name), POSTERN_PORT: "0" })
  const refused = await serve("data")
  assert.equal(refused.exitCode, 65)
  assert.match(refused.stderr, new RegExp(`'${target}' belongs to user 12345, not to 0`))
  const broken = await serve("broken")
  assert.equal(broken.exitCode, 65)
  assert.match(broken.stderr, /broken' is a link that leads nowhere \(ENOENT\)/)
  assert.deepEqual(readdirSync(target), [])
})
