import assert from "node:assert/strict"
import { test } from "node:test"
import { askPassword } from "../../src/cli/password_prompt.ts"
import { type ExitCode, OperatorError } from "../../src/errors.ts"
import { createFakeKeyboard, createFakeTerminal, pipedInput } from "../support/fake_terminal.ts"

const questions = "New password for 'alice', at least 15 characters: \nOnce more: \n"

function refused(message: string, hint: string, exitCode: ExitCode) {
  return (error: unknown) => {
    assert.ok(error instanceof OperatorError)
    assert.deepEqual([error.message, error.hint, error.exitCode], [message, hint, exitCode])
    return true
  }
}

const differ = refused("The two passwords differ", "Nothing was changed. Try again.", 1)
const none = refused(
  "No password was given",
  "Type one at a terminal, or pipe one line into the command.",
  2,
)
const notText = (mistake: string) =>
  refused(
    `The input is not one line of text: ${mistake}`,
    "Give the password and nothing else: one line in UTF-8, at most 8192 bytes.",
    2,
  )
const twoLines = notText("it has more than one line")
const notUtf8 = notText("it is not UTF-8")
const utf16 = notText("it is UTF-16, not UTF-8")
const tooLong = notText("it has more than 8192 bytes")
const control = (code: string) => notText(`it has the control character U+${code} in it`)
const interrupted = refused("Interrupted", "Nothing was changed. Try again.", 1)

/** Starts asking at a keyboard; what is typed follows. */
function askAtKeyboard() {
  const keyboard = createFakeKeyboard()
  const terminal = createFakeTerminal({}, keyboard.input)
  const asking = askPassword("alice", terminal)
  // Typing may fail it before a test looks.
  asking.catch(() => {})
  return { ...keyboard, terminal, asking }
}

/** What is typed, each time as one chunk, and the password that it makes. */
const typed: readonly (readonly [name: string, chunks: readonly string[], password: string])[] = [
  ["a line and a line", ["drink-me-drink-it\r", "drink-me-drink-it\r"], "drink-me-drink-it"],
  ["key by key", [..."the-well-was-deep\rthe-well-was-deep\r"], "the-well-was-deep"],
  ["line ends of a pipe", ["drink-me-drink-it\n", "drink-me-drink-it\n"], "drink-me-drink-it"],
  [
    "Ctrl-D at the end",
    ["drink-me-drink-it\u0004", "drink-me-drink-it\u0004"],
    "drink-me-drink-it",
  ],
  ["a backspace", ["drink-me-drink-is\u007ft\r", "drink-me-drink-it\r"], "drink-me-drink-it"],
  ["the other backspace", ["drink-me-drink-is\bt\r", "drink-me-drink-it\r"], "drink-me-drink-it"],
  [
    "more backspaces than letters",
    ["x\u007f\u007f\u007fdrink-me-drink-it\r", "drink-me-drink-it\r"],
    "drink-me-drink-it",
  ],
  [
    "a backspace over an emoji",
    ["drink-me-fox-it🦊\u007f!\r", "drink-me-fox-it!\r"],
    "drink-me-fox-it!",
  ],
  [
    "Ctrl-U",
    ["something else\u0015drink-me-drink-it\r", "drink-me-drink-it\r"],
    "drink-me-drink-it",
  ],
  ["blanks", ["  drink me, he said \r", "  drink me, he said \r"], "  drink me, he said "],
  ["other letters", ["žluťoučký kůň úpěl\r", "žluťoučký kůň úpěl\r"], "žluťoučký kůň úpěl"],
  [
    "more than the line",
    ["drink-me-drink-it\rignored", "drink-me-drink-it\r"],
    "drink-me-drink-it",
  ],
]

for (const [name, chunks, password] of typed) {
  test(`askPassword() at a keyboard takes ${name}`, async () => {
    const { asking, type, terminal, rawModes, input } = askAtKeyboard()
    for (const chunk of chunks) await type(chunk)
    assert.equal(await asking, password)
    assert.equal(terminal.stderr(), questions)
    assert.equal(terminal.stdout(), "")
    assert.deepEqual(rawModes, [true, false, true, false])
    assert.equal(input.listenerCount("data"), 0)
    assert.ok(input.isPaused())
  })
}

test("askPassword() at a keyboard joins a letter that comes in two halves", async () => {
  const keyboard = createFakeKeyboard()
  const asking = askPassword("alice", createFakeTerminal({}, keyboard.input))
  const line = Buffer.from("Grüße aus Kanada\r")
  const [first, second] = [line.subarray(0, 3), line.subarray(3)]
  for (const half of [first, second, first, second]) await keyboard.type(half as unknown as string)
  assert.equal(await asking, "Grüße aus Kanada")
})

test("askPassword() at a keyboard refuses letters that are not UTF-8", async () => {
  const { asking, type } = askAtKeyboard()
  const latin1 = Buffer.from("länd\r", "latin1") as unknown as string
  for (const line of [latin1, latin1]) await type(line)
  const mistake = "it has bytes in it that are not UTF-8, or U+FFFD in their place"
  await assert.rejects(asking, notText(mistake))
})

test("askPassword() at a keyboard ends when the terminal has gone", async () => {
  const { asking, type, input, rawModes } = askAtKeyboard()
  await type("won")
  ;(input as unknown as NodeJS.WritableStream).end()
  await assert.rejects(asking, interrupted)
  assert.deepEqual(rawModes, [true, false])
})

test("askPassword() at a keyboard refuses two that differ", async () => {
  const { asking, type, rawModes } = askAtKeyboard()
  await type("drink-me-drink-it\r")
  await type("Drink-me-drink-it\r")
  await assert.rejects(asking, differ)
  assert.deepEqual(rawModes, [true, false, true, false])
})

test("askPassword() at a keyboard refuses an empty password", async () => {
  const { asking, type } = askAtKeyboard()
  await type("\r")
  await type("\r")
  await assert.rejects(asking, none)
})

for (const [when, before] of [
  ["at the first question", []],
  ["at the second", ["drink-me-drink-it\r", "won"]],
] as const) {
  test(`askPassword() at a keyboard ends at Ctrl-C ${when}, with the terminal as it was`, async () => {
    const { asking, type, rawModes, input, terminal } = askAtKeyboard()
    for (const chunk of before) await type(chunk)
    await type("\u0003")
    await assert.rejects(asking, interrupted)
    assert.equal(rawModes.at(-1), false)
    assert.equal(input.listenerCount("data"), 0)
    assert.ok(terminal.stderr().endsWith("\n"))
  })
}

test("askPassword() never shows what is typed", async () => {
  const { asking, type, terminal } = askAtKeyboard()
  await type("wonder\u007f\u0015drink-me-drink-it\r")
  await type("drink-me-drink-it\r")
  await asking
  assert.equal(terminal.stdout() + terminal.stderr(), questions)
})

test("askPassword() at a keyboard says what is wrong with a password before it asks again", async () => {
  const { asking, type, terminal } = askAtKeyboard()
  for (const line of ["too short\r", "passwordpassword\r", "drink-me-drink-it\r"]) await type(line)
  await type("drink-me-drink-it\r")
  assert.equal(await asking, "drink-me-drink-it")
  const [question, again] = questions.split("\n")
  const short = "A password needs at least 15 characters. Try another one."
  const common = "A password can't be one short text again and again. Try another one."
  const asked = [question, short, question, common, question, again, ""]
  assert.equal(terminal.stderr(), asked.join("\n"))
})

test("askPassword() at a keyboard ends after three refused passwords", async () => {
  const { asking, type } = askAtKeyboard()
  for (const line of ["one\r", "two\r", "three\r"]) await type(line)
  const message = "A password needs at least 15 characters"
  await assert.rejects(asking, refused(message, "Nothing was changed. Try again.", 1))
})

const euro = Buffer.from("preis: 15 €\n")

const piped: readonly (readonly [string, readonly (string | Uint8Array)[], string])[] = [
  ["a line", ["wonderland\n"], "wonderland"],
  ["a line without an end", ["wonderland"], "wonderland"],
  ["a line of Windows", ["wonderland\r\n"], "wonderland"],
  ["a line in parts", ["won", "der", "land", "\n"], "wonderland"],
  ["a line after a byte order mark", ["\ufeffwonderland\r\n"], "wonderland"],
  ["a mark in two parts", [Buffer.from([0xef]), Buffer.from([0xbb, 0xbf]), "w"], "w"],
  ["a line with a line end that was made twice", ["wonderland\r\r\n"], "wonderland"],
  ["a line that ends with CR", ["wonderland\r"], "wonderland"],
  ["blanks at its ends", [" wonderland \n"], " wonderland "],
  ["an emoji of several parts", ["👩\u200d🚀\n"], "👩\u200d🚀"],
  ["a letter in two parts", [euro.subarray(0, 11), euro.subarray(11)], "preis: 15 €"],
  ["as much as is read", ["x".repeat(8191), "\n"], "x".repeat(8191)],
]

for (const [name, chunks, password] of piped) {
  test(`askPassword() from a pipe takes ${name}`, async () => {
    const terminal = createFakeTerminal({}, pipedInput(...chunks))
    assert.equal(await askPassword("alice", terminal), password)
    assert.equal(terminal.stdout() + terminal.stderr(), "")
  })
}

const refusedInput: readonly (readonly [string, readonly (string | Uint8Array)[], typeof none])[] =
  [
    ["nothing", [], none],
    ["an empty line", ["\n"], none],
    ["a byte order mark and nothing else", ["\ufeff\r\n"], none],
    ["two lines", ["wonderland\nwonderland\n"], twoLines],
    ["a line after an empty one", ["\nwonderland\n"], twoLines],
    ["two line ends", ["wonderland\n\n"], twoLines],
    ["an old line end inside", ["wonder\rland"], control("000D")],
    ["a tab", ["wonder\tland\n"], control("0009")],
    ["an escape sequence", ["wonder\u001b[Aland\n"], control("001B")],
    ["a control character of Latin-1", ["wonder\u009bland\n"], control("009B")],
    ["a line separator of Unicode", ["wonder\u2028land\n"], control("2028")],
    ["NUL", ["wonder\0land\n"], notText("it has a NUL character in it")],
    [
      "a byte order mark inside",
      ["wonder\ufeffland\n"],
      notText("it has a byte order mark in the middle"),
    ],
    [
      "what once was not UTF-8",
      ["wonder\ufffdland\n"],
      notText("it has bytes in it that are not UTF-8, or U+FFFD in their place"),
    ],
    ["UTF-16 with its mark", [Buffer.from("\ufeffwonderland\r\n", "utf16le")], utf16],
    ["UTF-16 without", [Buffer.from("wonderland\r\n", "utf16le")], utf16],
    ["UTF-16 of the other order", [Buffer.from("\ufeffländer", "utf16le").swap16()], utf16],
    ["the other order without a mark", [Buffer.from("wonderland", "utf16le").swap16()], utf16],
    ["Latin-1", [Buffer.from("pässword\n", "latin1")], notUtf8],
    ["half a letter at its end", [euro.subarray(0, 11)], notUtf8],
    ["more than is read", ["x".repeat(8193)], tooLong],
    ["no end", Array(1000).fill("x".repeat(1024)), tooLong],
  ]

for (const [name, chunks, expected] of refusedInput) {
  test(`askPassword() from a pipe refuses ${name}`, async () => {
    const asking = askPassword("alice", createFakeTerminal({}, pipedInput(...chunks)))
    await assert.rejects(asking, expected)
  })
}

test("askPassword() asks nothing when the terminal has gone", async () => {
  const keyboard = createFakeKeyboard()
  const input = Object.assign(keyboard.input, { isTTY: false as unknown as true })
  const terminal = createFakeTerminal({}, input)
  const asking = askPassword("alice", terminal)
  await keyboard.type("wonderland\n")
  ;(input as unknown as NodeJS.WritableStream).end()
  assert.equal(await asking, "wonderland")
  assert.equal(terminal.stderr(), "")
  assert.deepEqual(keyboard.rawModes, [])
})
