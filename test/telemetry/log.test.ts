import assert from "node:assert/strict"
import { test } from "node:test"
import { refusalReasons } from "../../src/errors.ts"
import {
  type Access,
  auditLine,
  createLog,
  createLossLine,
  errorText,
  type LogFields,
  type LogLevel,
  logLevels,
} from "../../src/telemetry/log.ts"
import { createFakeClock } from "../support/fake_clock.ts"

/** A log and what it wrote. */
function createWritten(options: { readonly level?: LogLevel; readonly forPeople?: boolean } = {}) {
  const lines: string[] = []
  const log = createLog({
    level: options.level ?? "debug",
    clock: createFakeClock(),
    forPeople: options.forPeople ?? false,
    write: (line) => lines.push(line()),
  })
  return { log, lines }
}

test("createLog() writes one JSON object a line, time first", () => {
  const { log, lines } = createWritten()
  log.info("login.succeeded", { request: "r1", username: "alice", ms: 1.5, first: true })
  assert.deepEqual(lines, [
    '{"time":"2026-11-23T15:30:00Z","level":"info","event":"login.succeeded","request":"r1","username":"alice","ms":1.5,"first":true}\n',
  ])
})

test("createLog() writes a line for people", () => {
  const { log, lines } = createWritten({ forPeople: true })
  log.warn("store.torn", {
    path: "./data/x",
    bytes: 3,
    message: "cut short",
    a: null,
    b: undefined,
  })
  log.info("service.ready")
  assert.deepEqual(lines, [
    '15:30:00 warn  store.torn path=./data/x bytes=3 message="cut short"\n',
    "15:30:00 info  service.ready\n",
  ])
})

test("createLog() omits undefined fields, and writes null ones as JSON null", () => {
  const { log, lines } = createWritten()
  log.info("request", { path: null, request: undefined })
  assert.match(String(lines[0]), /"event":"request","path":null}\n$/)
})

for (const [at, level] of logLevels.entries()) {
  test(`createLog() of level ${level} drops the levels below`, () => {
    const { log, lines } = createWritten({ level })
    for (const one of logLevels) log[one]("event")
    const written = lines.map((line) => (JSON.parse(line) as { level: string }).level)
    assert.deepEqual(written, logLevels.slice(at))
  })

  test(`createLog() of level ${level} writes audit events`, () => {
    const { log, lines } = createWritten({ level })
    log.audit("login.succeeded", { user: "alice", session: undefined })
    const line = auditLine("2026-11-23T15:30:00Z", "login.succeeded", { user: "alice" })
    assert.deepEqual(lines, [line])
    assert.match(line, /^\{"time":"2026-11-23T15:30:00Z","level":"audit","event":.*"alice"\}\n$/)
  })
}

test("createLog() writes audit events for people in the same columns", () => {
  const { log, lines } = createWritten({ forPeople: true })
  log.audit("session.ended", { user: "alice", reason: "logout" })
  assert.deepEqual(lines, ["15:30:00 audit session.ended user=alice reason=logout\n"])
})

/** What a line must not hold as it is, in a field's value. */
const hostile: readonly (readonly [name: string, value: string])[] = [
  ["CRLF and a false line", 'alice\r\n{"level":"info","event":"login.succeeded"}'],
  ["ANSI", "\u001b[2K\u001b[1Aalice"],
  ["the C1 command introducer", "\u009b31malice"],
  ["DEL", "alice\u007f"],
  ["NEL", "alice\u0085bob"],
  ["U+2028", "alice\u2028bob"],
  ["U+2029", "alice\u2029bob"],
  ["a right-to-left override", "alice\u202ebob"],
  ["an isolate", "\u2066alice\u2069"],
  ["a right-to-left mark", "alice\u200f"],
  ["NUL and backspace", "a\0\b\blice"],
  ["a quote and a backslash", '\\" level="error'],
  ["a lone surrogate", "alice\ud800"],
]

for (const forPeople of [false, true]) {
  const readers = forPeople ? "people" : "machines"
  for (const [name, value] of hostile) {
    test(`createLog() for ${readers} keeps ${name} on one line and escaped`, () => {
      const { log, lines } = createWritten({ forPeople })
      log.info("login.failed", { username: value })
      assert.equal(lines.length, 1)
      const [line = ""] = lines
      assert.match(line, /^[\x20-\x7e]+\n$/)
      if (forPeople) assert.ok(line.includes(' login.failed username="'), line)
      else assert.equal((JSON.parse(line) as { username: string }).username, value)
    })
  }
}

const access: Access = {
  ...{ request: "r1", client: "192.0.2.7", method: "GET", path: "/me", status: 200, ms: 0.4 },
}
const accesses: readonly Access[] = [
  access,
  { ...access, path: null, status: 404 },
  ...[{ path: "/me" }, { path: null }].flatMap((changes) =>
    refusalReasons.map((reason) => ({ ...access, ...changes, status: 401, reason })),
  ),
  { ...access, reason: undefined },
  ...hostile.flatMap(([, text]) => [
    { ...access, request: text },
    { ...access, client: text },
    { ...access, method: text },
    { ...access, path: text },
  ]),
]

for (const forPeople of [false, true]) {
  test(`access() writes the line of the event, ${forPeople ? "for people" : "as JSON"}`, () => {
    const { log, lines } = createWritten({ forPeople })
    for (const one of accesses) {
      log.info("request", one)
      log.access(one)
      const [expected, line] = lines.splice(0)
      assert.equal(line, expected)
    }
  })
}

for (const [at, level] of logLevels.entries()) {
  test(`access() of level ${level} writes as info() does`, () => {
    const { log, lines } = createWritten({ level })
    log.access(access)
    assert.equal(lines.length, at <= logLevels.indexOf("info") ? 1 : 0)
  })
}

test("createLog() hands over each line with its kind: its level, or access", () => {
  const written: string[][] = []
  const log = createLog({
    level: "debug",
    clock: createFakeClock(),
    forPeople: false,
    write: (line, kind) => written.push([JSON.parse(line()).level, kind]),
  })
  const levels = [...logLevels, "audit"] as const
  for (const at of levels) log[at]("event")
  log.access(access)
  assert.deepEqual(written, [...levels.map((level) => [level, level]), ["info", "access"]])
})

test("createLog() leaves other letters readable", () => {
  const { log, lines } = createWritten()
  log.info("event", { name: "Zoë 🦊" })
  assert.ok(lines[0]?.includes('"name":"Zoë 🦊"'))
})

test("createLog() writes fields with any name, also __proto__", () => {
  const { log, lines } = createWritten()
  const fields = JSON.parse('{"__proto__":"x","constructor":"y"}') as LogFields
  log.info("event", fields)
  assert.match(String(lines[0]), /"__proto__":"x","constructor":"y"}\n$/)
})

test("createLossLine() says how many lines were lost, in all and of each kind", () => {
  const clock = createFakeClock()
  const lost = { access: 12, audit: 3 }
  assert.equal(
    createLossLine({ clock, forPeople: false })(lost),
    '{"time":"2026-11-23T15:30:00Z","level":"warn","event":"log.dropped","lines":15,"access":12,"audit":3}\n',
  )
  assert.equal(
    createLossLine({ clock, forPeople: true })(lost),
    "15:30:00 warn  log.dropped lines=15 access=12 audit=3\n",
  )
})

test("errorText() has the stack and the causes", () => {
  const cause = new RangeError("the disk is full")
  const text = errorText(new Error("not stored", { cause }))
  assert.match(text, /^Error: not stored\n {4}at /)
  assert.match(text, /\ncaused by RangeError: the disk is full\n {4}at /)
})

const thrown: readonly (readonly [name: string, value: unknown, text: string])[] = [
  ["text", "a text", "a text"],
  ["null", null, "[object Null]"],
  ["undefined", undefined, "undefined"],
  ["an object without a prototype", Object.create(null), "[object Object]"],
  ["a number", 7, "7"],
  ["a symbol", Symbol("s"), "Symbol(s)"],
  ["an object", { secret: "wonderland" }, "[object Object]"],
  [
    "an error without a stack",
    Object.assign(new Error("no stack"), { stack: undefined }),
    "no stack",
  ],
]

for (const [name, value, text] of thrown) {
  test(`errorText() of ${name} is its text`, () => assert.equal(errorText(value), text))
}

test("errorText() ends, however many causes there are and however long they are", () => {
  const circle = new Error("circle")
  circle.cause = circle
  assert.equal(errorText(circle).split("caused by").length, 5)
  assert.equal(errorText(new Error("x".repeat(100_000))).length, 4096)
})

test("errorText() of a cause that is not an Error has the text of the cause", () => {
  const error = Object.assign(new Error("outer", { cause: "inner" }), { stack: undefined })
  assert.equal(errorText(error), "outer\ncaused by inner")
})
