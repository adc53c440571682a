// The command `postern doctor`: what it prints for people, and how it ends when it is called
// wrongly.

import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { runCommandLine } from "../../../src/cli/command_line.ts"
import type { Finding } from "../../../src/cli/doctor/finding.ts"
import { jsonReport, resultOf, textReport } from "../../../src/cli/doctor/report.ts"
import { createFakeTerminal } from "../../support/fake_terminal.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"

const findings: readonly Finding[] = [
  { check: "answer", outcome: "ok", text: "Postern answers" },
  { check: "host", outcome: "unknown", text: "Not seen" },
  { check: "path", outcome: "unknown", text: "Not seen" },
  {
    ...{ check: "cookies", outcome: "wrong", text: "The proxy removes\u001b[31m Set-Cookie" },
    effect: "Nobody stays logged in.",
    remedy: { any: "Look there", nginx: "one", caddy: "two" },
  },
]

test("textReport() shows the worst first, the proxy's own lines, and no control characters", () => {
  const url = "https://login.example.org"
  assert.equal(
    textReport({ url, proxy: "nginx", findings }),
    `${url}

wrong: cookies: The proxy removes\\u001b[31m Set-Cookie
      Nobody stays logged in.
      > Look there
      > nginx: one
could not check: host, path: Not seen
ok: answer: Postern answers
`,
  )
  const all = textReport({ url, proxy: null, findings })
  assert.match(all, / {6}> Look there\n {6}> nginx: one\n {6}> Caddy: two\n/)
})

test("jsonReport() has all findings, with the lines to change", () => {
  const report = JSON.parse(jsonReport({ url: "https://a.example", proxy: "caddy", findings }))
  assert.equal(report.result, "wrong")
  assert.deepEqual(report.findings[3].change, ["Look there", "Caddy: two"])
  assert.equal(report.findings.length, 4)
})

test("resultOf() does not count what is out of reach from everywhere, nor warnings", () => {
  const [good, unseen] = findings
  assert.ok(good !== undefined && unseen !== undefined)
  assert.equal(resultOf([good]), "ok")
  assert.equal(resultOf([good, { ...good, outcome: "warning" }]), "ok")
  assert.equal(resultOf([good, unseen]), "unknown")
  assert.equal(resultOf([good, { ...unseen, isOutOfReach: true }]), "ok")
})

for (const [words, message] of [
  [["doctor", "login.example.org"], /^postern: That is not an address of the web\n/],
  [["doctor", "ftp://login.example.org"], /^postern: That is not an address of the web\n/],
  [["doctor", "https://login.example.org/?a=b"], /^postern: That is not an address of the web\n/],
  [["doctor", "https://user:word@login.example.org"], /^postern: That is not an address/],
  [["doctor", "https://a.example", "more"], /wrong arguments\nhint: Usage: postern doctor \[URL\]/],
] as const) {
  test(`postern ${words.join(" ")} exits 2`, async (t) => {
    const terminal = createFakeTerminal({ POSTERN_DATA_DIR: join(temporaryDirectory(t), "data") })
    assert.equal(await runCommandLine(words, terminal), 2)
    assert.match(terminal.stderr(), message)
    assert.equal(terminal.stdout(), "")
    assert.doesNotMatch(terminal.stderr(), /user:word/)
  })
}
