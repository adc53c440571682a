// Keys as terminals send them: xterm, rxvt, the Linux console.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createHiddenLine } from "../../src/cli/hidden_line.ts"

const esc = "\u001b"

/** Keys that are no character of a line. */
const keys: readonly (readonly [name: string, sent: string])[] = [
  ["up", `${esc}[A`],
  ["left, in the other mode", `${esc}OD`],
  ["Home", `${esc}[H`],
  ["Delete", `${esc}[3~`],
  ["Shift and left", `${esc}[1;2D`],
  ["Ctrl and right of rxvt", `${esc}Oc`],
  ["Ctrl and up of an old xterm", `${esc}O5A`],
  ["F1", `${esc}OP`],
  ["F1 of the Linux console", `${esc}[[A`],
  ["F5", `${esc}[15~`],
  ["F12", `${esc}[24~`],
  ["what a mode is set to, as an answer", `${esc}[?2026;1$y`],
  ["Alt and up of rxvt", `${esc}${esc}[A`],
  ["the mark before pasted text", `${esc}[200~`],
  ["the mark after it", `${esc}[201~`],
  ["the focus that came", `${esc}[I`],
  ["a click", `${esc}[<0;12;7M`],
  ["where the cursor is", `${esc}[12;40R`],
  ["a sequence that another interrupts", `${esc}[12${esc}[A`],
  ["a color, as an answer with BEL", `${esc}]11;rgb:0000/0000/0000\u0007`],
  ["a color, as an answer with ST", `${esc}]11;rgb:0000/0000/0000${esc}\\`],
  ["a name, as an answer", `${esc}P>|xterm(388)${esc}\\`],
  ["Alt and a letter", `${esc}b`],
  ["Alt and another letter", `${esc}ü`],
  ["Alt and Backspace", `${esc}\u007f`],
  ["Tab", "\t"],
  ["Ctrl-Z", "\u001a"],
  ["Ctrl-A", "\u0001"],
  ["Ctrl-V", "\u0016"],
  ["Ctrl-\\", "\u001c"],
  ["NUL", "\0"],
  ["a control character of Latin-1", "\u0085"],
]

for (const [name, sent] of keys) {
  test(`createHiddenLine() drops ${name}, wherever it is split`, () => {
    assert.equal(typed(`won${sent}der`), "wonder")
    for (let at = 1; at < sent.length; at += 1) {
      // What begins with Esc alone, and goes on with neither [ nor O, is Esc and another key.
      if (at === 1 && !/^.[[O]/.test(sent) && sent[1] !== esc) continue
      assert.equal(typed(`won${sent.slice(0, at)}`, `${sent.slice(at)}der`), "wonder", `at ${at}`)
    }
    assert.equal(typed(sent, "wonder", sent, sent, "land"), "wonderland")
  })
}

test("createHiddenLine() drops Esc itself, and takes the key that is pressed after it", () => {
  assert.equal(typed("won", esc, "der"), "wonder")
  assert.equal(typed(esc, esc, "wonder"), "wonder")
})

const lines: readonly (readonly [name: string, chunks: readonly string[], text: string])[] = [
  ["pasted text", [`${esc}[200~wonder land${esc}[201~`], "wonder land"],
  ["Backspace over an emoji", ["fox🦊\u007f!"], "fox!"],
  ["Backspace on nothing", ["\u007f\bfox"], "fox"],
  ["Ctrl-U", ["something else\u0015fox"], "fox"],
  ["Ctrl-W", ["red fox  \u0017hen"], "red hen"],
  ["Ctrl-W twice", ["red fox\u0017\u0017hen"], "hen"],
  ["Ctrl-W on nothing", ["\u0017fox"], "fox"],
  ["Ctrl-W on blanks", ["  \u0017fox"], "fox"],
  ["signs that sequences are made of", ["[A[200~O;~"], "[A[200~O;~"],
  ["joined emoji", ["👩\u200d🚀"], "👩\u200d🚀"],
]

for (const [name, chunks, text] of lines) {
  test(`createHiddenLine() knows ${name}`, () => assert.equal(typed(...chunks), text))
}

for (const [name, key, end] of [
  ["Enter", "\r", "entered"],
  ["a line end", "\n", "entered"],
  ["Ctrl-D", "\u0004", "entered"],
  ["Ctrl-C", "\u0003", "interrupted"],
] as const) {
  test(`createHiddenLine() ends at ${name}, also inside a sequence`, () => {
    for (const before of ["fox", `fox${esc}`, `fox${esc}[1`, `fox${esc}]11;`, `fox${esc}P`]) {
      const line = createHiddenLine()
      assert.equal(line.take(before), null)
      assert.equal(line.take(`${key}ignored`), end, JSON.stringify(before))
      assert.equal(line.text(), "fox")
    }
  })
}

function typed(...chunks: readonly string[]): string {
  const line = createHiddenLine()
  for (const chunk of chunks) assert.equal(line.take(chunk), null)
  return line.text()
}
