// Against real servers on ports of their own.

import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { type TestContext, test } from "node:test"
import { runHealthcheck } from "../../src/cli/healthcheck.ts"
import { createFakeTerminal } from "../support/fake_terminal.ts"

async function serve(t: TestContext, answer: RequestListener, host = "127.0.0.1") {
  const server = createServer(answer)
  server.listen(0, host)
  await once(server, "listening")
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { server, port: String((server.address() as AddressInfo).port) }
}

const noOptions = { values: [], isJson: false, options: new Map(), optionNames: new Map() }

async function check(settings: Record<string, string>) {
  const terminal = createFakeTerminal(settings)
  const exitCode = await runHealthcheck(noOptions, terminal)
  return { exitCode, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

function unready(message: string, isStarting = false) {
  const hint = isStarting
    ? "It may be starting or stopping. If not, its log says why."
    : "Is the service started? POSTERN_HOST and POSTERN_PORT must be the service's own."
  return { name: "OperatorError", message, hint, exitCode: 69 }
}

for (const host of ["127.0.0.1", "0.0.0.0", "localhost"]) {
  test(`runHealthcheck() of a service at ${host} that is ready exits 0`, async (t) => {
    const asked: string[] = []
    const { port } = await serve(
      t,
      (request, response) => {
        asked.push(`${request.method} ${request.url}`)
        response.end("{}")
      },
      host,
    )
    const result = await check({ POSTERN_HOST: host, POSTERN_PORT: port })
    assert.deepEqual(result, { exitCode: 0, stdout: "", stderr: "" })
    assert.deepEqual(asked, ["GET /readyz"])
  })
}

for (const status of [503, 404, 500]) {
  test(`runHealthcheck() of a service that answers ${status} exits 69`, async (t) => {
    const { port } = await serve(t, (_request, response) => response.writeHead(status).end())
    await assert.rejects(
      check({ POSTERN_PORT: port }),
      unready(`http://127.0.0.1:${port}/readyz answered ${status}`, status === 503),
    )
  })
}

test("runHealthcheck() of a port where nobody listens exits 69", async (t) => {
  const { server, port } = await serve(t, () => {})
  server.close()
  await once(server, "close")
  const message = `http://127.0.0.1:${port}/readyz did not answer (ECONNREFUSED)`
  await assert.rejects(check({ POSTERN_PORT: port }), unready(message))
})

test("runHealthcheck() of a connection that is cut exits 69", async (t) => {
  const { port } = await serve(t, (request) => request.socket.destroy())
  const message = `http://127.0.0.1:${port}/readyz did not answer (closed)`
  await assert.rejects(check({ POSTERN_PORT: port }), unready(message))
})

for (const [host, shown] of [
  ["::", "[::1]"],
  ["::1", "[::1]"],
] as const) {
  test(`runHealthcheck() asks a service at ${host} under ${shown}`, async () => {
    // Nobody is asked at port 0; what counts is the address.
    await assert.rejects(check({ POSTERN_HOST: host, POSTERN_PORT: "0" }), (error: Error) => {
      assert.ok(error.message.startsWith(`http://${shown}:0/readyz did not answer (`))
      return true
    })
  })
}

test("runHealthcheck() names mistaken settings", async () => {
  await assert.rejects(check({ POSTERN_PORT: "eighty" }), {
    name: "OperatorError",
    message: /POSTERN_PORT: 'eighty' is not valid/,
  })
})
