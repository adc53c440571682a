import assert from "node:assert/strict"
import { resolve } from "node:path"
import { test } from "node:test"
import { engineHelp, readEngineOptions } from "../../bench/engine_options.ts"

test("readEngineOptions() measures everything with 1 and 32 connections by default", () => {
  assert.deepEqual(readEngineOptions([]), {
    options: {
      cases: ["guarded", "verify", "login", "refresh", "logout", "start"],
      connections: [1, 32],
      ...{ seconds: 2, rounds: 5, against: [] },
    },
  })
})

test("readEngineOptions() reads every option", () => {
  const words = [
    ...["--scenario", "guarded", "--scenario", "start", "--connections", "8", "--seconds", "0.5"],
    ...["--rounds", "3", "--against", "../before"],
  ]
  const from = process.env["INIT_CWD"] ?? ""
  assert.deepEqual(readEngineOptions(words), {
    options: {
      ...{ cases: ["guarded", "start"], connections: [8], seconds: 0.5, rounds: 3 },
      against: [resolve(from, "../before")],
    },
  })
})

test("readEngineOptions() refuses what it can't measure", () => {
  const rows = [
    [
      ["--scenario", "hot"],
      "There is no scenario 'hot': guarded, verify, login, refresh, logout, start",
    ],
    [["--connections", "0"], "--connections is a number from 1 to 1000, not '0'"],
    [["--rounds", "1.5"], "--rounds is a whole number, not '1.5'"],
  ] as const
  for (const [words, mistake] of rows) assert.deepEqual(readEngineOptions(words), { mistake })
})

test("readEngineOptions() has a help that names every scenario", () => {
  assert.deepEqual(readEngineOptions(["--help"]), { help: true })
  assert.match(engineHelp, /one of guarded, verify, login, refresh, logout, start;/)
})
