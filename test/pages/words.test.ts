// Spans of time and devices in words.

import assert from "node:assert/strict"
import { test } from "node:test"
import { deviceName } from "../../src/pages/device_names.ts"
import { agoInWords, waitInWords } from "../../src/pages/durations.ts"

test("waitInWords() is never shorter than the wait", () => {
  const rows: readonly (readonly [seconds: number, words: string])[] = [
    [0, "1 second"],
    [0.2, "1 second"],
    [1, "1 second"],
    [1.1, "2 seconds"],
    [59, "59 seconds"],
    [119, "119 seconds"],
    [120, "2 minutes"],
    [121, "3 minutes"],
    [3600, "60 minutes"],
    [7200, "2 hours"],
    [86_400, "24 hours"],
    [172_800, "2 days"],
    [172_801, "3 days"],
  ]
  for (const [seconds, words] of rows) assert.equal(waitInWords(seconds), words)
})

test("agoInWords() is never longer than the span", () => {
  const rows: readonly (readonly [seconds: number, words: string])[] = [
    [-5, "just now"],
    [59, "just now"],
    [60, "1 minute ago"],
    [119, "1 minute ago"],
    [120, "2 minutes ago"],
    [7199, "119 minutes ago"],
    [7200, "2 hours ago"],
    [172_799, "47 hours ago"],
    [172_800, "2 days ago"],
    [864_000, "10 days ago"],
  ]
  for (const [seconds, words] of rows) assert.equal(agoInWords(seconds), words)
})

test("deviceName() names browser and system, or the program", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)"
  const rows: Readonly<Record<string, string>> = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    [`Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/140.0 Safari/537.36`]: "Chrome on Windows",
    [`Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/140.0 Safari/537.36 Edg/140.0`]:
      "Edge on Windows",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1":
      "Safari on iPhone",
    [`Mozilla/5.0 (Linux; Android 16) ${webkit} Chrome/140.0 Mobile Safari/537.36`]:
      "Chrome on Android",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19.0 Safari/605.1.15": "Safari on Mac",
    "curl/8.5.0": "curl",
    "python-requests/2.32": "python-requests",
    "<script>": "<script>",
    "": "Unknown program",
    "/": "Unknown program",
  }
  for (const [header, name] of Object.entries(rows)) assert.equal(deviceName(header), name)
  assert.equal(deviceName("x".repeat(200)).length, 40)
})
