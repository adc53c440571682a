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

async function check(settings: Record<string, string>) {
  const terminal = createFakeTerminal(settings)
  const exitCode = await runHealthcheck(terminal)
  return { exitCode, stdout: terminal.stdout(), stderr: terminal.stderr() }
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
    assert.deepEqual(await check({ POSTERN_PORT: port }), {
      exitCode: 69,
      stdout: "",
      stderr: `http://127.0.0.1:${port}/readyz answered ${status}\n`,
    })
  })
}

test("runHealthcheck() of a port where nobody listens exits 69", async (t) => {
  const { server, port } = await serve(t, () => {})
  server.close()
  await once(server, "close")
  assert.deepEqual(await check({ POSTERN_PORT: port }), {
    exitCode: 69,
    stdout: "",
    stderr: `http://127.0.0.1:${port}/readyz did not answer\n`,
  })
})

test("runHealthcheck() of a connection that is cut exits 69", async (t) => {
  const { port } = await serve(t, (request) => request.socket.destroy())
  const { exitCode, stderr } = await check({ POSTERN_PORT: port })
  assert.deepEqual([exitCode, stderr], [69, `http://127.0.0.1:${port}/readyz did not answer\n`])
})

for (const [host, shown] of [
  ["::", "[::1]"],
  ["::1", "[::1]"],
] as const) {
  test(`runHealthcheck() asks a service at ${host} under ${shown}`, async () => {
    // Nobody is asked at port 0; what counts is the address.
    const { stderr } = await check({ POSTERN_HOST: host, POSTERN_PORT: "0" })
    assert.equal(stderr, `http://${shown}:0/readyz did not answer\n`)
  })
}

test("runHealthcheck() of mistaken settings tells them", async () => {
  await assert.rejects(check({ POSTERN_PORT: "eighty" }), {
    name: "OperatorError",
    message: /POSTERN_PORT: 'eighty' is not valid/,
  })
})
