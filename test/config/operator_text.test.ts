import assert from "node:assert/strict"
import { test } from "node:test"
import { readOperatorText } from "../../src/config/operator_text.ts"
import { cpuMillis } from "../support/cpu_millis.ts"

const notUtf8 = "it is not UTF-8"
const utf16 = "it is UTF-16, not UTF-8"
const lines = "it has more than one line"
const replaced = "it has bytes in it that are not UTF-8, or U+FFFD in their place"
const mark = "it has a byte order mark in the middle"
const nul = "it has a NUL character in it"

type Row = readonly [name: string, given: string | Uint8Array, expected: string]

/** As text, and as its bytes. */
const meant: readonly Row[] = [
  ["nothing", "", ""],
  ["a line", "wonder land", "wonder land"],
  ["a line with its end", "wonderland\n", "wonderland"],
  ["a line of Windows", "wonderland\r\n", "wonderland"],
  ["a line of a list whose ends are CRLF, split at LF", "wonderland\r", "wonderland"],
  ["a line end that was made twice", "wonderland\r\r\n", "wonderland"],
  ["a byte order mark", "\ufeffwonderland\n", "wonderland"],
  ["two of them", "\ufeff\ufeffwonderland", "wonderland"],
  ["nothing but a mark and a line end", "\ufeff\r\n", ""],
  ["blanks at both ends", "  wonderland  \n", "  wonderland  "],
  [
    "letters of many kinds",
    "žluťoučký кот 猫 👩\u200d🚀 \u00a0e\u0301",
    "žluťoučký кот 猫 👩\u200d🚀 \u00a0e\u0301",
  ],
]

for (const [name, given, text] of meant) {
  test(`readOperatorText() takes ${name}`, () => {
    assert.deepEqual(readOperatorText(given), { text })
    assert.deepEqual(readOperatorText(Buffer.from(given)), { text })
  })
}

const refused: readonly Row[] = [
  ["two lines", "won\nder", lines],
  ["two lines of Windows", "won\r\nder\r\n", lines],
  ["an empty line at the end", "wonder\n\n", lines],
  ["CR inside", "won\rder", "it has the control character U+000D in it"],
  ["a tab", "won\tder", "it has the control character U+0009 in it"],
  ["Esc", "won\u001b[Ader", "it has the control character U+001B in it"],
  ["DEL", "won\u007fder", "it has the control character U+007F in it"],
  ["NEL", "won\u0085der", "it has the control character U+0085 in it"],
  ["a line separator", "won\u2028der", "it has the control character U+2028 in it"],
  ["a paragraph separator", "won\u2029der", "it has the control character U+2029 in it"],
  ["NUL", "wond\0er", nul],
  ["NUL at the end", "wonder\0", nul],
  ["a mark inside", "won\ufeffder", mark],
  ["a mark in the second line", "won\n\ufeffder", mark],
  ["U+FFFD", "won\ufffdder", replaced],
  ["half a character of UTF-16", "won\ud83dder", replaced],
  ["ff at the end", bytes("wonder", [0xff]), notUtf8],
  ["Latin-1", Buffer.from("wönder", "latin1"), notUtf8],
  ["half a letter", Buffer.from("wonderö").subarray(0, -1), notUtf8],
  ["an overlong letter", bytes("won", [0xc1, 0xa1]), notUtf8],
  ["a surrogate as bytes", bytes("won", [0xed, 0xa0, 0xbd]), notUtf8],
  ["a key as DER", bytes("", [0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0xff]), notUtf8],
  ["UTF-16LE with its mark", Buffer.from("\ufeffwonder\r\n", "utf16le"), utf16],
  ["UTF-16BE with its mark", Buffer.from("\ufeffwonder", "utf16le").swap16(), utf16],
  ["UTF-16LE", Buffer.from("wonder\r\n", "utf16le"), utf16],
  ["UTF-16BE", Buffer.from("wonder\r\n", "utf16le").swap16(), utf16],
  ["UTF-16LE of other letters", Buffer.from("\ufeff猫猫猫", "utf16le"), utf16],
  ["UTF-32", bytes("", [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), utf16],
  ["UTF-16 of other letters without a mark", Buffer.from("žluťý", "utf16le"), notUtf8],
  ["UTF-16 of many letters without a mark", Buffer.from("aбв", "utf16le"), nul],
]

for (const [name, given, mistake] of refused) {
  test(`readOperatorText() refuses ${name}`, () => {
    assert.deepEqual(readOperatorText(given), { mistake })
  })
}

test("readOperatorText() allows the given control characters", () => {
  const pem = "-----BEGIN\r\n\tMIG\r\n-----END\r\n"
  assert.deepEqual(readOperatorText(pem, "\n\t"), { text: "-----BEGIN\n\tMIG\n-----END" })
  assert.deepEqual(readOperatorText("a:b\n\nc:d\n", "\n"), { text: "a:b\n\nc:d" })
  const tab = "it has the control character U+0009 in it"
  assert.deepEqual(readOperatorText("a:b\nc:\td\n", "\n"), { mistake: tab })
  assert.deepEqual(readOperatorText("a\0b", "\0"), { mistake: nul })
})

test("readOperatorText() reads a mebibyte fast", () => {
  for (const text of [
    "\r".repeat(1024 ** 2),
    "\r\n".repeat(1024 ** 2 / 2),
    "\0".repeat(1024 ** 2),
  ]) {
    const bytes = Buffer.from(`${text}x`)
    const millis = cpuMillis(() => assert.ok("mistake" in readOperatorText(bytes)))
    assert.ok(millis < 2000, `${millis} ms`)
  }
})

function bytes(text: string, more: readonly number[]): Uint8Array {
  return Buffer.concat([Buffer.from(text), Buffer.from(more)])
}
