// Transcripts of the command line: what is typed, what comes out where, and the exit code.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { getProtected, postLogin } from "../support/http_client.ts"
import { type ProcessSettings, runPostern, startPostern } from "../support/postern_process.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const bin = fileURLToPath(new URL("../../bin/postern.js", import.meta.url))
const first = "korrekt-pferd-batterie"
const second = "heftklammer-und-mehr"

interface Transcript {
  readonly exitCode?: number
  readonly stdout?: string
  readonly stderr?: string
}

/** Makes a function that types a command line and compares all that comes of it. */
function typist(settings: ProcessSettings) {
  return async (line: string, expected: Transcript, input = "") => {
    const result = await runPostern(line.split(" "), settings, input)
    const stdout = result.stdout.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "<INSTANT>")
    const { exitCode = 0, stdout: printed = "", stderr = "" } = expected
    assert.deepEqual(
      { exitCode: result.exitCode, stdout, stderr: result.stderr },
      { exitCode, stdout: printed, stderr },
      line,
    )
  }
}

test("postern user: a session, without the service, with it, and without it again", async (t) => {
  const directory = join(temporaryDirectory(t), "data")
  const settings = { POSTERN_DATA_DIR: directory }
  const type = typist(settings)
  const here = `Written to '${directory}', since no service runs there.\n`
  const nothing =
    `postern: Nothing is set up in '${directory}'\n` +
    "hint: `postern serve` or `postern init` sets it up. POSTERN_DATA_DIR says where it is.\n"
  for (const line of ["user list", "user add Carol", "key rotate"]) {
    await type(line, { exitCode: 69, stderr: nothing }, `${first}\n`)
  }
  assert.equal(existsSync(directory), false)
  await type("init", { stdout: `Set up '${directory}'. \`postern user add NAME\` adds a user.\n` })
  await type("init", { stdout: `'${directory}' is set up already.\n` })
  await type("user list", { stdout: "There are no users. `postern user add NAME` adds one.\n" })
  await type("user add Carol", { stdout: `Added user 'carol'.\n${here}` }, `${first}\n`)

  const { url, stop, output } = await startPostern(t, settings)
  const early = (await postLogin(url, "carol", first)).body["access_token"]
  assert.deepEqual((await getProtected(url, early)).body, { logged_in_as: "carol" })
  await type(
    "user list",
    {
      stdout:
        "USERNAME  STATE    MFA  CREATED               ROLES  CLAIMS\n" +
        "carol     enabled  -    <INSTANT>  -      -\n",
    },
    "",
  )
  await type(
    "user password carol",
    { stdout: "Set the password of 'carol' and ended their sessions.\n" },
    second,
  )
  assert.equal((await getProtected(url, early)).body["msg"], "Token has been revoked")
  assert.equal((await postLogin(url, "carol", first)).status, 401)
  const late = (await postLogin(url, "carol", second)).body["access_token"]
  assert.equal((await getProtected(url, late)).status, 200)

  await type("user disable carol", {
    stdout: "Disabled user 'carol' and ended their sessions.\n",
  })
  assert.equal((await getProtected(url, late)).status, 401)
  assert.deepEqual((await postLogin(url, "carol", second)).body, {
    error: "invalid_credentials",
    msg: "Bad username or password",
  })
  await type("user enable carol", { stdout: "Enabled user 'carol'.\n" })
  assert.equal((await getProtected(url, late)).status, 401)
  assert.equal((await postLogin(url, "carol", second)).status, 200)
  await type("user delete carol", {
    stdout: "Deleted user 'carol'. The name stays reserved.\n",
  })
  assert.equal((await postLogin(url, "carol", second)).status, 401)
  assert.equal(await stop(), 0)
  for (const password of [first, second]) assert.ok(!output().includes(password))

  await type(
    "user add carol",
    {
      exitCode: 1,
      stderr:
        "postern: The name 'carol' was a user's who was deleted, and stays reserved\n" +
        "hint: Choose another name. `postern user list` shows the users.\n",
    },
    first,
  )
  await type("user release carol", { stdout: `The name 'carol' can be used again.\n${here}` })
  await type("user add carol", { stdout: `Added user 'carol'.\n${here}` }, first)
  await type("user unlock Carol", { stdout: `Unlocked user 'carol'.\n${here}` })
})

test("postern user: what is refused, and why", async (t) => {
  const directory = temporaryDirectory(t)
  for (const name of "abcde") await setUp(join(directory, name))
  const typeIn = (name: string) => typist({ POSTERN_DATA_DIR: join(directory, name) })
  const refused = (message: string, hint: string, exitCode = 1): Transcript => ({
    exitCode,
    stderr: `postern: ${message}\nhint: ${hint}\n`,
  })
  await Promise.all([
    typeIn("a")(
      "user add alice hunter2",
      refused(
        "user add: wrong arguments",
        "Usage: postern user add NAME. `postern help user add` says more.",
        2,
      ),
    ),
    typeIn("b")(
      "user add alice",
      refused("A password needs at least 15 characters", "Nothing was changed."),
      "too short\n",
    ),
    typeIn("c")(
      "user delete alice",
      refused("There is no user 'alice'", "`postern user list` shows the users."),
    ),
    typeIn("d")(
      "user unlock alice",
      refused("There is no user 'alice'", "`postern user list` shows the users."),
    ),
    typeIn("e")(
      "user release alice",
      refused("The name 'alice' is not reserved", "`postern user list` shows the users."),
    ),
  ])
})

test("postern serve: a directory in use, a port in use, and what comes of it", async (t) => {
  const directory = temporaryDirectory(t)
  const settings = { POSTERN_DATA_DIR: join(directory, "data") }
  const { port, url } = await startPostern(t, settings)
  const healthcheck = typist({ ...settings, POSTERN_PORT: String(port) })
  await Promise.all([
    healthcheck("healthcheck", {}),
    typist({ ...settings, POSTERN_PORT: "0" })("serve", {
      exitCode: 75,
      stderr:
        `postern: Another process is using the data directory '${settings.POSTERN_DATA_DIR}'\n` +
        "hint: Stop it first. User commands reach a running service by themselves.\n",
    }),
    runPostern(["serve"], {
      POSTERN_DATA_DIR: join(directory, "other"),
      POSTERN_PORT: String(port),
      POSTERN_LOG_LEVEL: "error",
    }).then(({ stdout, ...result }) => {
      // The directory was new, and its key is made before the port is asked for.
      assert.match(stdout, /^\{[^\n]*"level":"audit","event":"key\.made","key":"[\w-]{43}"\}\n$/)
      assert.deepEqual(result, {
        exitCode: 69,
        stderr:
          `postern: Can't listen at ${url} (EADDRINUSE)\n` +
          "hint: Another program listens there, perhaps another Postern. " +
          "Stop it, or set POSTERN_PORT to a free port.\n",
      })
    }),
  ])
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
})

/** Addresses that can't be listened at, each for another reason than the port in use above. */
const addresses: readonly (readonly [host: string, why: RegExp])[] = [
  ["192.0.2.1", /\(EADDRNOTAVAIL\)\nhint: This machine does not have the address 192\.0\.2\.1\./],
  ["fe80::1", /\(EINVAL\)\nhint: The address fe80::1 can't be listened at/],
  [
    "nosuch.invalid",
    /\((ENOTFOUND\)\nhint: No machine has the name|EAI_AGAIN\)\nhint: The name) nosuch\.invalid/,
  ],
]

for (const [host, why] of addresses) {
  test(`postern serve at ${host} says why it can't listen there`, async (t) => {
    const result = await runPostern(["serve"], {
      POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
      POSTERN_HOST: host,
      POSTERN_PORT: "0",
    })
    assert.equal(result.exitCode, 69)
    assert.match(result.stderr, why)
  })
}

test("postern names paths that can't be used, and what to do about them", async (t) => {
  const directory = temporaryDirectory(t)
  const [file, folder] = ["file", "folder"].map((name) => join(directory, name))
  writeFileSync(String(file), "")
  mkdirSync(String(folder))
  const settings = { POSTERN_DATA_DIR: join(directory, "data"), POSTERN_PORT: "0" }
  const rows: readonly (readonly [settings: ProcessSettings, exitCode: number, stderr: RegExp])[] =
    [
      [
        { POSTERN_AUDIT_FILE: `${directory}/missing/audit` },
        78,
        /^postern: The audit trail can't be written to '.*' \(ENOENT\)\nhint: .* Check POSTERN_AUDIT_FILE\.\n$/,
      ],
      [
        { POSTERN_AUDIT_FILE: String(folder) },
        65,
        /^postern: POSTERN_AUDIT_FILE can't be used: '.*' is not a file, but a directory\nhint: Set it to /,
      ],
      [
        { JWT_SECRET_KEY_FILE: String(folder) },
        78,
        / can't be used: it is a directory\n {4}hint: .+\n/,
      ],
      [
        { POSTERN_DATA_DIR: `${file}/data` },
        65,
        /^postern: The data directory '.*' can't be used: ENOTDIR.*\nhint: .* Check POSTERN_DATA_DIR\.\n$/,
      ],
      [
        { POSTERN_DATA_DIR: `${directory}/${"x".repeat(300)}` },
        65,
        /ENAMETOOLONG.*\nhint: The path, or a name in it, is too long/,
      ],
    ]
  for (const [own, exitCode, stderr] of rows) {
    const result = await runPostern(["serve"], { ...settings, ...own })
    assert.equal(result.exitCode, exitCode, result.stderr)
    assert.match(result.stderr, stderr)
  }
})

test("postern: a damaged store and mistaken settings stop every command", async (t) => {
  const directory = join(temporaryDirectory(t), "data")
  mkdirSync(directory, { mode: 0o700 })
  const path = join(directory, "store.json")
  const damage = Buffer.alloc(901)
  writeFileSync(path, damage, { mode: 0o600 })
  const mistaken = typist({ POSTERN_PROT: "80" })
  const stderr = `postern: There is a mistake in the settings:
  POSTERN_PROT: Unknown setting
    hint: Did you mean POSTERN_PORT? \`postern help settings\` lists the settings
hint: Nothing was done. Correct the settings and try again.
`
  const damaged = (result: Awaited<ReturnType<typeof runPostern>>) => {
    assert.deepEqual([result.exitCode, result.stdout], [65, ""])
    assert.ok(result.stderr.startsWith(`postern: The store can't be read: '${path}': `))
    assert.ok(
      result.stderr.endsWith(
        "hint: Nothing was changed. Move the data directory away, and bring a backup back: `postern restore FILE`.\n",
      ),
    )
  }
  const settings = { POSTERN_DATA_DIR: directory, POSTERN_PORT: "0" }
  damaged(await runPostern(["serve"], settings))
  damaged(await runPostern(["user", "list"], settings))
  assert.deepEqual(readFileSync(path), damage)
  await Promise.all([
    mistaken("serve", { exitCode: 78, stderr }),
    mistaken("user list", { exitCode: 78, stderr }),
  ])
})

test("bin/postern.js works from another directory, and by a link", (t) => {
  const cwd = temporaryDirectory(t)
  const link = join(cwd, "postern")
  symlinkSync(bin, link)
  for (const path of [bin, link]) {
    const { status, stdout, stderr } = spawnSync(path, ["--version"], { cwd, encoding: "utf8" })
    assert.deepEqual([status, stdout, stderr], [0, "postern 0.1.0\n", ""], path)
  }
  const env = { PATH: process.env["PATH"], POSTERN_DATA_DIR: "data" }
  const { status, stdout } = spawnSync(bin, ["init"], { cwd, env, encoding: "utf8" })
  const place = join(realpathSync(cwd), "data")
  const next = `\`node ${bin} user add NAME\` adds a user.`
  assert.deepEqual([status, stdout], [0, `Set up '${place}'. ${next}\n`])
  assert.ok(readFileSync(join(cwd, "data", "store.json")).length > 0)
})
