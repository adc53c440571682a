// Names of passkeys.

import assert from "node:assert/strict"
import { test } from "node:test"
import { nameOfKind, readPasskeyName } from "../../../src/service/factors/passkey_names.ts"
import { refusedAs } from "../../support/refusal.ts"

test("readPasskeyName() gives a name in one form, and null for none", () => {
  const rows = [
    ["Laptop", "Laptop"],
    ["  My key\t", "My key"],
    ["Ka\u0301roly", "K\u00e1roly"],
    ["x".repeat(60), "x".repeat(60)],
    ["مفتاح", "مفتاح"],
    ["👩‍🚀", "👩‍🚀"],
    ["", null],
    [" \u00a0 ", null],
  ] as const
  for (const [typed, name] of rows) assert.equal(readPasskeyName(typed), name, typed)
})

test("readPasskeyName() refuses long names, and what can't be shown", () => {
  const message = "The name must have at most 60 characters, and no control ones"
  const controls = ["\u0000", "\u001b", "\u007f", "\u0085", "\u200f", "\u202e", "\u2066", "\ud800"]
  for (const typed of ["x".repeat(61), "x".repeat(10_000), "a\nb", "a\u2028b", "a\u2029b"]) {
    assert.throws(() => readPasskeyName(typed), refusedAs("invalid_request", message))
  }
  for (const control of controls) {
    assert.throws(() => readPasskeyName(`a${control}b`), refusedAs("invalid_request", message))
  }
})

test("nameOfKind() distinguishes security keys from other passkeys", () => {
  const rows = [
    [["internal"], "Passkey"],
    [["hybrid", "internal"], "Passkey"],
    [["hybrid", "usb"], "Passkey"],
    [[], "Passkey"],
    [["usb"], "Security key"],
    [["ble", "nfc", "usb"], "Security key"],
  ] as const
  for (const [transports, name] of rows) assert.equal(nameOfKind({ transports }), name)
})
