// postern doctor on faults that a scripted proxy has, and on mistaken settings.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { gzipSync } from "node:zlib"
import { noProxies } from "../../support/proxy_programs.ts"
import { type FaultRow, scriptedRows, settingRows } from "./fault_rows.ts"
import { complaints, loginAddress, startWorld, type World } from "./proxied.ts"
import { startScriptedProxy } from "./scripted_proxy.ts"

async function check(t: TestContext, world: World, { script = {}, url, says }: FaultRow) {
  const port = await startScriptedProxy(t, world, script)
  // Nobody listens for http.
  const printed = await world.doctor({ ports: { 443: port, 80: 9 } }, url)
  const lines = complaints(printed).filter((line) => !line.includes("opens a connection for each"))
  assert.equal(lines.length, says.length, lines.join("\n"))
  for (const [at, pattern] of says.entries()) assert.match(lines[at] ?? "", pattern)
  const outcome = { wrong: 1, unknown: 69, ok: 0 }[printed.result]
  assert.equal(printed.exitCode, outcome)
}

test("doctor: a proxy that does one thing otherwise, and mistaken settings", {
  skip: noProxies,
  concurrency: 8,
}, async (t) => {
  // A proxy for each row, in front of one service where the settings are the same.
  const shared = await startWorld(t)
  const rows = [...scriptedRows, ...settingRows].map((row) =>
    t.test(row.name, async (each) => {
      const context = each as TestContext
      const { settings } = row
      await check(
        context,
        settings === undefined ? shared : await startWorld(context, settings),
        row,
      )
    }),
  )
  await Promise.all(rows)
})

for (const [name, issuer, says] of [
  ["another replica", loginAddress, /^unknown: answer: Another replica of this Postern answered/],
  ["another Postern", "https://a.example.org", /^wrong: answer: Another Postern answers/],
] as const) {
  test(`doctor: ${name} answers, and the proxy compresses its answers`, {
    skip: noProxies,
  }, async (t) => {
    const world = await startWorld(t)
    const { postern } = await startWorld(t, { POSTERN_ISSUER: issuer })
    const port = await startScriptedProxy(t, world, {
      request(passing) {
        passing.port = postern.port
        return undefined
      },
      answer(answering) {
        answering.body = gzipSync(answering.body)
        answering.headers.push("Content-Encoding", "gzip")
      },
    })
    const [first = ""] = complaints(await world.doctor({ ports: { 443: port, 80: 9 } }))
    assert.match(first, says)
  })
}
