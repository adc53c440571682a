import assert from "node:assert/strict"
import { test } from "node:test"
import { crc32 } from "node:zlib"
import { bodyBeforeSum, sumText } from "../../../src/store/json/checksum.ts"

test("sumText() ends an object with eight digits of its CRC-32", () => {
  assert.equal(sumText(0), ',"sum":"00000000"}')
  assert.equal(sumText(0x5fb2d8a1), ',"sum":"5fb2d8a1"}')
  // The check value of CRC-32/ISO-HDLC.
  assert.equal(sumText(crc32("123456789")), ',"sum":"cbf43926"}')
})

test("bodyBeforeSum() gives the text that the sum fits, and null for any other", () => {
  const text = `{"a":1${sumText(crc32('{"a":1'))}`
  assert.equal(bodyBeforeSum(Buffer.from(text))?.toString(), '{"a":1')
  for (const at of text.slice(0, -1).split("").keys()) {
    const changed = Buffer.from(text)
    changed[at] = Number(changed[at]) ^ 1
    assert.equal(bodyBeforeSum(changed), null, `byte ${at}`)
    assert.equal(bodyBeforeSum(Buffer.from(text.slice(0, at))), null, `${at} bytes`)
  }
  assert.equal(bodyBeforeSum(Buffer.from(`${text} `)), null)
})
