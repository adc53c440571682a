// `postern audit …` in the process of the test, over files as a service and log rotation leave
// them.

import assert from "node:assert/strict"
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { gzipSync } from "node:zlib"
import { auditLine, type LogFields } from "../../src/telemetry/log.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { run } from "./backup_places.ts"

function line(minute: number, event: string, fields: LogFields = {}): string {
  return auditLine(`2026-11-23T15:${String(minute).padStart(2, "0")}:00Z`, event, fields)
}

/** The file of a trail, with these texts in it and in rotated files beside it. */
function trailOf(
  t: TestContext,
  text: string | null,
  rotated: Record<string, string | Buffer> = {},
) {
  const path = join(temporaryDirectory(t), "audit.jsonl")
  if (text !== null) writeFileSync(path, text)
  for (const [suffix, content] of Object.entries(rotated))
    writeFileSync(`${path}${suffix}`, content)
  return { path, settings: { POSTERN_AUDIT_FILE: path } }
}

const alice = { user: "alice", client: "192.0.2.7" }

test("postern audit tail shows the last lines, for people and as JSON", async (t) => {
  const lines = Array.from({ length: 30 }, (_, at) => line(at, "login.failed", alice))
  const { settings } = trailOf(t, lines.join(""))
  const { exitCode, stdout, stderr } = await run(["audit", "tail"], settings)
  assert.deepEqual([exitCode, stderr], [0, ""])
  const shown = stdout.split("\n")
  assert.equal(shown.length, 21)
  assert.equal(shown[0], "2026-11-23T15:10:00Z login.failed       user=alice client=192.0.2.7")
  const json = await run(["audit", "tail", "-n", "2", "--json"], settings)
  assert.equal(json.stdout, lines.slice(-2).join(""))
  for (const count of ["0", "1", "29", "30", "31", "1000"]) {
    const some = await run(["audit", "tail", "--lines", count, "--json"], settings)
    assert.equal(some.stdout, count === "0" ? "" : lines.slice(-Number(count)).join(""), count)
  }
})

test("postern audit tail finds lines across the blocks that it reads", async (t) => {
  const lines = Array.from({ length: 3000 }, (_, at) => {
    return line(at % 60, "login.failed", { reason: "x".repeat(at % 97) })
  })
  const { settings } = trailOf(t, lines.join(""))
  for (const count of [999, 1000, 2000, 2999]) {
    const { stdout } = await run(["audit", "tail", "-n", String(count), "--json"], settings)
    assert.ok(stdout === lines.slice(-count).join(""), String(count))
  }
})

test("postern audit tail leaves out lines that are not audit events", async (t) => {
  const torn = '{"time":"2026-11-23T15:30:00Z","level":"audit","ev'
  const { settings } = trailOf(
    t,
    `${line(1, "key.made")}${torn}\n\n${line(2, "key.retired")}${torn}`,
  )
  const { stdout, stderr } = await run(["audit", "tail", "--json"], settings)
  assert.deepEqual([stdout, stderr], [line(1, "key.made") + line(2, "key.retired"), ""])
})

test("postern audit tail of an empty file shows nothing", async (t) => {
  const { settings } = trailOf(t, "")
  assert.deepEqual(await run(["audit", "tail"], settings), { exitCode: 0, stdout: "", stderr: "" })
})

test("postern audit tail -f follows new lines until a signal", async (t) => {
  const { path, settings } = trailOf(t, line(1, "key.made"))
  const steps = [
    () => appendFileSync(path, line(2, "user.added", alice)),
    () => {
      renameSync(path, `${path}.1`)
      writeFileSync(path, line(3, "user.deleted", alice))
    },
    () => process.emit("SIGTERM"),
  ]
  const ran = await run(["audit", "tail", "-f", "--json"], settings, (terminal) => ({
    ...terminal,
    print(text, onFailure) {
      terminal.print(text, onFailure)
      steps.shift()?.()
    },
  }))
  const expected =
    line(1, "key.made") + line(2, "user.added", alice) + line(3, "user.deleted", alice)
  assert.deepEqual(ran, { exitCode: 0, stdout: expected, stderr: "" })
})

test("postern audit tail -f waits for the file, and ends when its reader ends", async (t) => {
  const { path, settings } = trailOf(t, null)
  setTimeout(() => writeFileSync(path, line(1, "key.made")), 10)
  let printed = 0
  const ran = await run(["audit", "tail", "-f"], settings, (terminal) => ({
    ...terminal,
    print(_text, onFailure) {
      printed += 1
      onFailure?.(0)
    },
  }))
  assert.deepEqual([ran.exitCode, printed], [0, 1])
})

test("postern audit search finds lines by user, event and time", async (t) => {
  const lines = [
    line(1, "login.failed", alice),
    line(2, "login.succeeded", alice),
    line(3, "login.failed", { user: "bob" }),
    line(4, "user.locked", alice),
    line(5, "audit.lost", { lines: 7 }),
    line(6, "service_token.created", { user: "svc:ci" }),
  ]
  const { settings } = trailOf(t, lines.join(""))
  const found = async (...words: string[]) => {
    const { exitCode, stdout, stderr } = await run(
      ["audit", "search", "--json", ...words],
      settings,
    )
    assert.equal(exitCode, 0, stderr)
    return lines.flatMap((one, at) => (stdout.includes(one) ? [at + 1] : []))
  }
  assert.deepEqual(await found(), [1, 2, 3, 4, 5, 6])
  assert.deepEqual(await found("--user", "Alice"), [1, 2, 4])
  assert.deepEqual(await found("--event", "login"), [1, 2, 3])
  assert.deepEqual(await found("--event", "login.*", "--user", "alice"), [1, 2])
  assert.deepEqual(await found("--user", "svc:CI"), [6])
  assert.deepEqual(await found("--event", "login.failed"), [1, 3])
  assert.deepEqual(await found("--event", "audit.lost"), [5])
  assert.deepEqual(await found("--since", "2026-11-23T15:02"), [2, 3, 4, 5, 6])
  assert.deepEqual(await found("--since", "2026-11-23T16:02+01:00"), [2, 3, 4, 5, 6])
  assert.deepEqual(await found("--until", "2026-11-23T15:03:00Z"), [1, 2])
  const day = ["--since", "2026-11-23", "--until", "2026-11-24"]
  assert.deepEqual(await found(...day), [1, 2, 3, 4, 5, 6])
  assert.deepEqual(await found("--until", "2026-11-23"), [])
})

test("postern audit search --since takes a duration before now", async (t) => {
  const now = Math.floor(Date.now() / 1000)
  const at = (ago: number) =>
    auditLine(new Date((now - ago) * 1000).toISOString().replace(/\.\d+/, ""), "key.made", {})
  const { settings } = trailOf(t, at(7300) + at(7100) + at(50))
  for (const [since, count] of [
    ["2h", 2],
    ["90s", 1],
    ["1d", 3],
    ["3m", 1],
  ] as const) {
    const { stdout } = await run(["audit", "search", "--json", "--since", since], settings)
    assert.equal(stdout.split("\n").length - 1, count, since)
  }
})

test("postern audit search also searches what log rotation left, the oldest first", async (t) => {
  const { settings } = trailOf(t, line(9, "key.made"), {
    ".1": line(8, "key.made"),
    ".2.gz": gzipSync(line(6, "key.made") + line(7, "key.made")),
    "-20261123": line(5, "key.made"),
    ".bak": line(1, "key.made"),
    "2": line(2, "key.made"),
  })
  const { stdout, stderr } = await run(["audit", "search", "--json"], settings)
  const expected = [5, 6, 7, 8, 9].map((minute) => line(minute, "key.made")).join("")
  assert.deepEqual([stdout, stderr], [expected, ""])
  const some = await run(
    ["audit", "search", "--json", "--since", "2026-11-23T15:07", "--until", "2026-11-23T15:09"],
    settings,
  )
  assert.equal(some.stdout, line(7, "key.made") + line(8, "key.made"))
})

test("postern audit search says what it left out", async (t) => {
  const whole = gzipSync(line(2, "key.made").repeat(2000))
  const { settings } = trailOf(t, `${line(3, "key.made")}torn\n`, {
    ".1": "",
    ".2.gz": whole.subarray(0, whole.byteLength - 20),
    ".3.gz": "no gzip",
    ".4.xz": "xz",
  })
  const { exitCode, stdout, stderr } = await run(["audit", "search", "--user", "bob"], settings)
  assert.deepEqual([exitCode, stdout], [0, ""])
  assert.equal(
    stderr,
    "No line matches.\n3 lines are no audit event, or torn: left out.\n" +
      "Not searched, since only .gz is read here: audit.jsonl.4.xz\n",
  )
  const one = trailOf(t, "torn\n")
  const ofOne = await run(["audit", "search"], one.settings)
  assert.equal(ofOne.stderr, "No line matches.\n1 line is no audit event, or torn: left out.\n")
})

test("postern audit search ends when its reader ends, and at a signal", async (t) => {
  const many = Array.from({ length: 20_000 }, (_, at) => line(at % 60, "login.failed", alice))
  const { settings } = trailOf(t, many.join(""), { ".1": many.join("") })
  for (const stop of [
    (onFailure?: (taken: number) => void) => onFailure?.(0),
    () => process.emit("SIGINT"),
  ]) {
    let printed = 0
    const ran = await run(["audit", "search"], settings, (terminal) => ({
      ...terminal,
      print(_text, onFailure) {
        printed += 1
        stop(onFailure)
      },
    }))
    assert.deepEqual([ran.exitCode, printed], [0, 1])
  }
})

test("postern audit escapes characters that reverse text", async (t) => {
  const hostile =
    '{"time":"2026-11-23T15:30:00Z","level":"audit","event":"x","user":"\u202e \\u001b"}\n'
  const { settings } = trailOf(t, hostile)
  for (const words of [[], ["--json"]]) {
    const { stdout } = await run(["audit", "tail", ...words], settings)
    assert.match(stdout, /\\u202e \\+u001b/)
    assert.doesNotMatch(stdout.trimEnd(), /\p{Cc}|\u202e/u)
  }
})

/** Words that are mistaken, and what is said of them. */
const mistaken: readonly (readonly [words: string, stderr: RegExp])[] = [
  ["search --since soon", /^postern: audit search: --since: that is no time\nhint: Write 90s, /],
  ["search --until 99999999999d", /--until: that is no time/],
  ["search --since 999999999d", /--since: that is no time/],
  ["search --since 2026-13-01", /--since: that is no time/],
  [
    "search --event logn.failed",
    /--event: there is no such event\nhint: Did you mean login.failed\? /,
  ],
  ["search --event zzz", /--event: there is no such event\nhint: docs\/logs.md lists them/],
  ["search --user a/b", /--user: that can't be a username\n/],
  [
    "tail --lines many",
    /^postern: audit tail: --lines is no number of lines\nhint: From 0 to 100000/,
  ],
  ["tail -n 100001", /--lines is no number of lines/],
  ["tail now", /^postern: audit tail: wrong arguments\n/],
]

for (const [words, stderr] of mistaken) {
  test(`postern audit ${words} is refused`, async (t) => {
    const ran = await run(["audit", ...words.split(" ")], trailOf(t, "").settings)
    assert.deepEqual([ran.exitCode, ran.stdout], [2, ""])
    assert.match(ran.stderr, stderr)
  })
}

for (const command of ["tail", "search"]) {
  test(`postern audit ${command} says where no trail is`, async (t) => {
    assert.deepEqual(await run(["audit", command], {}), {
      exitCode: 78,
      stdout: "",
      stderr:
        "postern: The audit trail is in no file: POSTERN_AUDIT_FILE is not set\n" +
        "hint: Give this command the setting of the service. Without a file the trail is in the " +
        'log: docs/logs.md has a grep for `"level":"audit"`.\n',
    })
    const { path, settings } = trailOf(t, null)
    assert.deepEqual(await run(["audit", command], settings), {
      exitCode: 69,
      stdout: "",
      stderr:
        `postern: There is no audit trail at '${path}'\n` +
        "hint: The service makes the file at its start. Is POSTERN_AUDIT_FILE the service's?\n",
    })
    mkdirSync(path)
    const { exitCode, stderr } = await run(["audit", command], settings)
    assert.equal(exitCode, 78)
    assert.match(stderr, /^postern: The audit trail '.*' can't be read \(EISDIR\)\nhint: /)
  })
}
