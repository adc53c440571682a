// postern healthcheck: asks the service on this machine whether it is ready, for images without
// curl. Over a plain socket, since `fetch` takes longer to load than to answer, and refuses some
// ports.

import { connect } from "node:net"
import { type Address, urlOf } from "../address.ts"
import { loadConfig } from "../config.ts"
import { readOperatorFile } from "../disk.ts"
import { type ExitCode, exitCodes } from "../errors.ts"
import type { Terminal } from "./terminal.ts"

const answerMillisMax = 3_000
const wildcards: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" }
const question = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

/** Exits 0 when GET /readyz answers 200, else 69 with a word why. */
export async function runHealthcheck(terminal: Terminal): Promise<ExitCode> {
  const { host, port } = loadConfig(terminal.environment, readOperatorFile)
  const address = { host: wildcards[host] ?? host, port }
  const status = await askStatus(address)
  if (status === 200) return exitCodes.done
  const answer = status === null ? "did not answer" : `answered ${status}`
  terminal.complain(`${urlOf(address)}/readyz ${answer}\n`)
  return exitCodes.unavailable
}

/** The status of the answer, or null when there was none in time. */
function askStatus(address: Address): Promise<number | null> {
  return new Promise((resolve) => {
    let answer = ""
    const socket = connect(address, () => socket.write(question))
    socket.setEncoding("latin1")
    socket.setTimeout(answerMillisMax, () => socket.destroy())
    socket.on("error", () => {})
    socket.on("data", (chunk: string) => {
      answer += chunk
    })
    socket.on("close", () => {
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]
      resolve(status === undefined ? null : Number(status))
    })
  })
}
