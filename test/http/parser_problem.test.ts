import assert from "node:assert/strict"
import { test } from "node:test"
import { parserProblem } from "../../src/http/parser_problem.ts"

const parserRows = [
  ["HPE_HEADER_OVERFLOW", 431, "header_fields_too_large", "The request's head is too large"],
  [
    "HPE_CHUNK_EXTENSIONS_OVERFLOW",
    413,
    "content_too_large",
    "The body's chunk extensions are too large",
  ],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408, "request_timeout", "The request took too long to arrive"],
  ["HPE_INVALID_METHOD", 400, "invalid_request", "The request is not valid HTTP/1.1"],
  [undefined, 400, "invalid_request", "The request is not valid HTTP/1.1"],
] as const

test("parserProblem() tells what is too large or too slow, and else that it is not HTTP", () => {
  for (const [parserCode, status, error, msg] of parserRows) {
    const reply = parserProblem(parserCode)
    assert.equal(reply.status, status, parserCode)
    assert.deepEqual(JSON.parse(reply.body), { error, msg })
  }
})
