import assert from "node:assert/strict"
import { resolve } from "node:path"
import { test } from "node:test"
import { help, readOptions } from "../../bench/options.ts"
import { scenarioNames } from "../../bench/scenario_names.ts"

test("readOptions() measures everything by default", () => {
  assert.deepEqual(readOptions([]), {
    options: {
      ...{
        scenarios: scenarioNames,
        seconds: 0.5,
        rounds: 5,
        connections: 32,
        extras: [],
        isSteady: false,
        against: [],
        out: null,
      },
    },
  })
})

test("readOptions() reads every option", () => {
  const words = [
    ...["--scenario", "hot", "--scenario", "login", "--seconds", "0.5", "--rounds", "3"],
    ...["--connections", "8", "--server", "mine=node server.js a=b", "--out", "there"],
  ]
  assert.deepEqual(readOptions(words), {
    options: {
      ...{ scenarios: ["hot", "login"], seconds: 0.5, rounds: 3, connections: 8, out: "there" },
      extras: [{ name: "mine", command: "node server.js a=b" }],
      ...{ isSteady: false, against: [] },
    },
  })
})

test("readOptions() takes the guarded GETs alone, in long rounds, with --steady", () => {
  const reading = readOptions(["--steady"])
  assert.ok("options" in reading)
  const { isSteady, seconds, scenarios } = reading.options
  assert.deepEqual([isSteady, seconds, scenarios], [true, 4, ["hot", "10k", "invalid", "none"]])
  const shorter = readOptions(["--steady", "--seconds", "2", "--scenario", "100k"])
  assert.ok("options" in shorter)
  assert.deepEqual([shorter.options.seconds, shorter.options.scenarios], [2, ["100k"]])
})

test("readOptions() reads other checkouts, from where it runs", () => {
  const reading = readOptions(["--against", "/before", "--against", "../older"])
  assert.ok("options" in reading)
  const { against, seconds, scenarios } = reading.options
  assert.deepEqual(against, ["/before", resolve(process.env["INIT_CWD"] ?? "", "../older")])
  assert.deepEqual([seconds, scenarios], [0.5, ["hot", "10k", "invalid", "none"]])
})

test("readOptions() knows --help", () => {
  assert.deepEqual(readOptions(["--help", "--rounds", "none"]), { help: true })
})

const mistakes: readonly (readonly [words: readonly string[], message: RegExp])[] = [
  [["--scenario", "cold"], /^There is no scenario 'cold': hot, 10k, /],
  [["--seconds", "0"], /^--seconds is a number from 0\.1 to 600, not '0'$/],
  [["--seconds", ""], /^--seconds is a number/],
  [["--rounds", "2.5"], /^--rounds is a whole number, not '2\.5'$/],
  [["--connections", "many"], /^--connections is a number from 1 to 1000, not 'many'$/],
  [["--server", "node server.js"], /^--server is "name=command", not 'node server\.js'$/],
  [["--server", "=node"], /^--server is "name=command"/],
  [["--server", "mine="], /^--server is "name=command"/],
  [["--steady", "--scenario", "login"], /take no scenario 'login', only hot, 10k, 100k, inv/],
  [["--against", "..", "--scenario", "store"], /^--steady and --against take no scenario 'store'/],
  [["--loud"], /'--loud'/],
  [["hot"], /'hot'/],
]

for (const [words, message] of mistakes) {
  test(`readOptions() refuses ${words.join(" ")}`, () => {
    const reading = readOptions(words)
    assert.ok("mistake" in reading)
    assert.match(reading.mistake, message)
  })
}

test("help names every scenario", () => {
  for (const name of scenarioNames) assert.match(help, new RegExp(`^ {4}${name} `, "m"))
})
