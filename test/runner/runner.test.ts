// `npm test` itself: it names whatever goes wrong in a file, and still runs the files after it.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { type TestContext, test } from "node:test"
import { fileURLToPath } from "node:url"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { roomsLeftOut } from "./coverage.ts"
import { type FileResult, type PoolOptions, runFiles } from "./pool.ts"
import { summarize } from "./summary.ts"

const beginning = 'import { test } from "node:test"\n'
const good = 'test("a good test", () => {})\n'
/** Code that does something when it is known, outside, that the test has begun. */
const later = (code: string) =>
  `return new Promise((resolve) => setTimeout(resolve, 200)).then(() => ${code})`
/** Code that does something during a test, and not as a part of it. */
const stray = (code: string) => `setTimeout(() => { ${code} }); ${later("{}")}`
const bad = 'test("a bad test", () => { throw new Error("this is bad") })\n'

/** Writes test files, and gives their paths. */
function writeFiles(t: TestContext, files: Readonly<Record<string, string>>): readonly string[] {
  const directory = temporaryDirectory(t)
  return Object.entries(files).map(([name, code]) => {
    const path = join(directory, `${name}.test.mjs`)
    writeFileSync(path, beginning + code)
    return path
  })
}

/** Runs the files, and gives what became of each. */
async function run(
  files: readonly string[],
  options: Partial<PoolOptions> = {},
): Promise<ReadonlyMap<string, FileResult>> {
  const results = new Map<string, FileResult>()
  await runFiles(files, {
    ...{ width: 1, secondsMax: 30, endSecondsMax: 30, ...options },
    onResult: (result) => results.set(basename(result.file, ".test.mjs"), result),
  })
  return results
}

/** A file, and what failed in it. */
const samples: Readonly<Record<string, readonly [code: string, name?: string, error?: RegExp]>> = {
  good: [good],
  skipped: ['test("a skipped test", { skip: "no reason" }, () => {})\n'],
  bad: [good + bad, "a bad test", /^Error: this is bad\n +at /],
  "without a test": ["", "the file", /^It has no test/],
  "without a module": ['import "./gone.mjs"', "import of the file", /ERR_MODULE_NOT_FOUND/],
  "with another environment": [
    'test("sets", () => { process.env.LEFT = "over" })',
    "after the tests",
    /^The tests left another working directory or environment/,
  ],
  "that throws outside of its test": [
    `test("throws", () => { ${stray('throw new Error("stray")')} })`,
    "throws",
    /^Error: stray\n +at /,
  ],
  "that rejects what nobody waits for": [
    `test("rejects", () => { ${stray('void Promise.reject(new Error("stray"))')} })`,
    "rejects",
    /^Error: stray\n +at /,
  ],
  "whose preparation fails": [
    `import { before } from "node:test"\nbefore(() => { throw new Error("no start") })\n${good}`,
    "a good test",
    /no start/,
  ],
  "whose process ends": [
    `test("ends", () => {${later("process.exit(0)")}})`,
    "ends",
    /^The process ended with exit code 0/,
  ],
  "whose process is killed": [
    `${good}test("kills", () => {${later("process.kill(process.pid, 'SIGKILL')")}})`,
    "kills",
    /^The process ended with signal SIGKILL/,
  ],
  "good, after all of these": [good],
}

test("runFiles() names what fails in each file, and runs the others", async (t) => {
  const codes = Object.entries(samples).map(([name, [code]]) => [name, code] as const)
  const results = await run(writeFiles(t, Object.fromEntries(codes)), { width: 2 })
  assert.deepEqual([...results.keys()].sort(), Object.keys(samples).sort())
  for (const [file, [, name, error]] of Object.entries(samples)) {
    const failures = results.get(file)?.failures ?? []
    assert.deepEqual(
      failures.map((failure) => failure.name),
      name === undefined ? [] : [name],
      file,
    )
    if (error !== undefined) assert.match(failures[0]?.error ?? "", error, file)
  }
  const passed = (file: string) => results.get(file)?.passed
  assert.deepEqual([passed("good"), passed("bad"), passed("skipped")], [1, 1, 0])
  assert.deepEqual(results.get("skipped")?.skipped, [
    { kind: "skip", name: "a skipped test", reason: "no reason" },
  ])
})

test("runFiles() ends a file that is never over, and runs the next one", async (t) => {
  const waits = 'test("waits", () => new Promise((resolve) => setTimeout(resolve, 1e6)))'
  const results = await run(writeFiles(t, { waits, good }), { secondsMax: 6 })
  const [failure] = results.get("waits")?.failures ?? []
  assert.equal(failure?.name, "waits")
  assert.match(failure?.error ?? "", /^The process was ended after 6 s/)
  assert.equal(results.get("good")?.passed, 1)
})

const left: readonly (readonly [what: string, code: string, error: RegExp])[] = [
  ["a timer", `setInterval(() => {}, 1e6); ${good}`, /was ended after 3 s: a test left something/],
  [
    "an error",
    'test("a late error", () => { setTimeout(() => { throw new Error("late") }, 200) })',
    /ended with exit code \d+: a test left something[\s\S]*late/,
  ],
]

for (const [what, code, error] of left) {
  test(`runFiles() fails for ${what} that a test left behind`, async (t) => {
    const results = await run(writeFiles(t, { left: code }), { endSecondsMax: 3 })
    assert.deepEqual(results.get("left")?.failures, [])
    const [failure] = results.get("a process, after its tests")?.failures ?? []
    assert.match(failure?.error ?? "", error)
  })
}

const pauseOf = (millis: number) => `new Promise((resolve) => setTimeout(resolve, ${millis}))`
/** Code that has something done after the tests of its file. */
const cleaners: Readonly<Record<string, (work: string) => string>> = {
  "the file": (work) => `after(${work})\n`,
  "its preparation": (work) => `before(async (t) => { await ${pauseOf(50)}; t.after(${work}) })\n`,
}

for (const [what, afterwards] of Object.entries(cleaners)) {
  test(`runFiles() cleans up after ${what} before the next file begins`, async (t) => {
    const imported = 'import { after, before } from "node:test"\n'
    const slow = `${imported}${afterwards(`() => ${pauseOf(400)}`)}${good}`
    const opened = `let isOpen = true\n${afterwards("() => { isOpen = false }")}`
    const checked = 'test("is open", () => { if (!isOpen) throw new Error("closed") })\n'
    const next = `${imported}${opened}before(() => ${pauseOf(700)})\n${checked}`
    const results = await run(writeFiles(t, { slow, next }))
    for (const file of ["slow", "next"]) assert.equal(results.get(file)?.passed, 1, file)
  })
}

/** `npm test` with these files or folders, and more in its environment. */
function runAll(paths: readonly string[], more: Readonly<Record<string, string>> = {}) {
  return spawnSync(
    process.execPath,
    ["--import", "tsx", fileURLToPath(new URL("run.ts", import.meta.url)), ...paths],
    {
      encoding: "utf8",
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: { ...process.env, ...more },
    },
  )
}

test("run.ts exits 0 if all is well, and else names at its end what failed", (t) => {
  const [goodFile = "", badFile = ""] = writeFiles(t, { good, bad })
  const well = runAll([goodFile])
  assert.deepEqual([well.status, well.stderr], [0, ""])
  assert.match(well.stdout, /\n1 test in 1 file passed, in \d+ s\n$/)
  const badly = runAll([goodFile, badFile])
  assert.deepEqual([badly.status, badly.stderr], [1, ""])
  assert.match(
    badly.stdout,
    /\nFAILED \S+bad\.test\.mjs: a bad test: Error: this is bad\n1 of 2 tests failed, in \d+ s\n$/,
  )
  assert.equal(runAll([temporaryDirectory(t)]).status, 1, "no test is no success")
})

test("run.ts keeps settings, colours and languages of the user from the tests", (t) => {
  const theirs = { POSTERN_PORT: "7777", JWT_SECRET_KEY: "abc", FORCE_COLOR: "1", LC_ALL: "C" }
  const found = `${JSON.stringify(Object.keys(theirs))}.filter((name) => name in process.env)`
  const code = `test("sees none", () => { if (${found}.length > 0) throw new Error(${found}) })`
  const { status, stdout } = runAll(writeFiles(t, { code }), theirs)
  assert.equal(status, 0, stdout)
  assert.match(stdout, /\n1 test in 1 file passed/)
})

test("roomsLeftOut() names rooms some of whose tests were skipped", () => {
  const skipped = [{ name: "a test", reason: "not installed" }]
  const of = (file: string, isSkipped: boolean) => ({ file, skipped: isSkipped ? skipped : [] })
  const [engine, doctor] = ["test/store/postgres/view.test.ts", "test/cli/doctor/tls.test.ts"]
  assert.deepEqual(roomsLeftOut([of(engine, false), of(doctor, false)]), [])
  assert.deepEqual(roomsLeftOut([of(engine, true), of(doctor, false)]), ["store/postgres"])
  assert.deepEqual(roomsLeftOut([of(engine, true), of(doctor, true)]), [
    ...["cli/doctor", "store/postgres"],
  ])
  assert.deepEqual(roomsLeftOut([of("test/token/sign.test.ts", true)]), [])
})

test("summarize() says in one line what was skipped, and why", () => {
  const linesFor = (count: number) => {
    const skipped = Array.from({ length: count }, (_, at) => ({
      name: `t${at}`,
      reason: "no nginx",
    }))
    return summarize([{ file: "x.test.ts", seconds: 1, passed: 3, failures: [], skipped }], 1)
  }
  assert.match(linesFor(2), /\n2 skipped: t0, t1 \(no nginx\)\n/)
  assert.match(linesFor(9), /\n9 skipped: 9 tests \(no nginx\)\n/)
})
