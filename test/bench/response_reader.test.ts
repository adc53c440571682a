import assert from "node:assert/strict"
import { test } from "node:test"
import { ResponseReader } from "../../bench/response_reader.ts"

const plain = "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\n\r\nhello"
const lower = "HTTP/1.1 401 Unauthorized\r\ncontent-length:2\r\nX-Rest: 1\r\n\r\nno"
const empty = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
const chunked =
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n, you!\r\n0\r\n\r\n"

test("ResponseReader gives status and body", () => {
  assert.deepEqual(read([plain]), ["200 hello"])
  assert.deepEqual(read([lower]), ["401 no"])
  assert.deepEqual(read([empty]), ["503 "])
  assert.deepEqual(read([chunked]), ["200 hello, you!"])
})

test("ResponseReader takes a 204 for one without a body", () => {
  const noContent = "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n"
  assert.deepEqual(read([noContent]), ["204 "])
  assert.deepEqual(read([plain + noContent + noContent + plain]), [
    ...["200 hello", "204 ", "204 ", "200 hello"],
  ])
})

test("ResponseReader reads several at once, and of both kinds", () => {
  assert.deepEqual(read([plain + empty + chunked + plain]), [
    ...["200 hello", "503 ", "200 hello, you!", "200 hello"],
  ])
  assert.deepEqual(read([chunked + plain]), ["200 hello, you!", "200 hello"])
})

test("ResponseReader waits for the rest, wherever it is cut", () => {
  const text = plain + chunked + empty
  for (let at = 1; at < text.length; at += 1) {
    const parts = [text.slice(0, at), text.slice(at)]
    assert.deepEqual(read(parts), ["200 hello", "200 hello, you!", "503 "], `cut at ${at}`)
  }
})

test("ResponseReader keeps what is cut when the memory is used again", () => {
  const memory = Buffer.alloc(100)
  const responses: string[] = []
  const reader = new ResponseReader((status, body) => responses.push(`${status} ${body}`))
  for (const part of [plain.slice(0, 40), plain.slice(40)]) {
    reader.push(memory.subarray(0, memory.write(part)))
    memory.fill("x")
  }
  assert.deepEqual(responses, ["200 hello"])
})

test("ResponseReader refuses what has no length", () => {
  const none = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nContent-Length: 5"
  assert.throws(() => read([none]), { message: "A response without a Content-Length" })
  assert.throws(() => read([plain + none]), { message: "A response without a Content-Length" })
  const wrong = chunked.replace("5\r\nhello", "hello")
  assert.throws(() => read([wrong]), { message: "A chunk without a size" })
})

function read(parts: readonly string[]): readonly string[] {
  const responses: string[] = []
  const reader = new ResponseReader((status, body) => responses.push(`${status} ${body}`))
  for (const part of parts) reader.push(Buffer.from(part))
  return responses
}
