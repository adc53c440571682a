// QR codes: the path has the modules of the code, and white ones around.

import assert from "node:assert/strict"
import { test } from "node:test"
import { encode } from "uqr"
import { makeQrCode } from "../../src/factor/qr.ts"

const uri = "otpauth://totp/Home:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Home"

/** The black modules that a path draws. */
function modulesOf(path: string, size: number): readonly (readonly boolean[])[] {
  const modules = Array.from({ length: size }, () => Array.from({ length: size }, () => false))
  const runs = [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)]
  assert.equal(runs.map(([run]) => run).join(""), path)
  for (const [, x, y, length, back] of runs) {
    assert.equal(length, back)
    const row = modules[Number(y)] ?? assert.fail()
    row.fill(true, Number(x), Number(x) + Number(length))
  }
  return modules
}

test("makeQrCode() draws each module of the code once", async () => {
  const { size, path } = await makeQrCode(uri)
  const { data } = encode(uri, { ecc: "M", border: 4 })
  assert.equal(size, data.length)
  assert.deepEqual(modulesOf(path, size), data)
})

test("makeQrCode() leaves four white modules around, and has its three marks", async () => {
  const { size, path } = await makeQrCode(uri)
  const modules = modulesOf(path, size)
  const isWhite = (y: number, x: number) => modules[y]?.[x] === false
  for (let at = 0; at < size; at += 1) {
    for (const edge of [0, 1, 2, 3, size - 1, size - 2, size - 3, size - 4]) {
      assert.ok(isWhite(edge, at) && isWhite(at, edge))
    }
  }
  // A dark square with a ring around (ISO/IEC 18004 §6.3.3).
  const mark = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
  const far = size - 4 - 7
  for (const [top, left] of [
    [4, 4],
    [4, far],
    [far, 4],
  ] as const) {
    const rows = mark.map((_, y) =>
      mark.map((_row, x) => (isWhite(top + y, left + x) ? "0" : "1")).join(""),
    )
    assert.deepEqual(rows, mark)
  }
})

test("makeQrCode() takes the longest name and issuer", async () => {
  const long = `otpauth://totp/${"%C3%A4".repeat(60)}:${"x".repeat(254)}?secret=${"A".repeat(32)}&issuer=${"%C3%A4".repeat(60)}`
  const { size } = await makeQrCode(long)
  assert.ok(size <= 177 + 8)
})
