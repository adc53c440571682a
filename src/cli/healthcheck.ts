// postern healthcheck: asks the service on this machine whether it is ready, for images without
// curl. Over a plain socket, since `fetch` takes longer to load than to answer, and refuses some
// ports.

import { connect } from "node:net"
import { type ExitCode, exitCodes, OperatorError, systemCode } from "../errors.ts"
import { type Address, fromThisMachine, urlOf } from "../system/address.ts"
import type { Call } from "./command_row.ts"
import { loadSettings } from "./settings_options.ts"
import type { Terminal } from "./terminal.ts"

const answerMillisMax = 3_000
const question = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

const notThere = "Is the service started? POSTERN_HOST and POSTERN_PORT must be the service's own."
const notReady = "It may be starting or stopping. If not, its log says why."

/**
 * Exits 0 when GET /readyz answers 200.
 * @throws OperatorError when it does not, with exit code 69
 */
export async function runHealthcheck(call: Call, terminal: Terminal): Promise<ExitCode> {
  const address = fromThisMachine(loadSettings(call, terminal))
  const { status, failure } = await askStatus(address)
  if (status === 200) return exitCodes.done
  const answer = status === null ? `did not answer (${failure})` : `answered ${status}`
  throw new OperatorError(`${urlOf(address)}/readyz ${answer}`, {
    hint: status === 503 ? notReady : notThere,
    exitCode: exitCodes.unavailable,
  })
}

/** How a service, or another program, answered `/readyz`. */
export interface Asked {
  /** Of the answer; null when there was none in time. */
  readonly status: number | null
  /** Why there was none: an error's code, "timeout" or "closed". */
  readonly failure: string
}

/** Asks whether a service is ready. */
export function askStatus(address: Address): Promise<Asked> {
  return new Promise((resolve) => {
    let answer = ""
    let failure = "closed"
    const socket = connect(address, () => socket.write(question))
    socket.setEncoding("latin1")
    socket.setTimeout(answerMillisMax, () => {
      failure = "timeout"
      socket.destroy()
    })
    socket.on("error", (error) => {
      failure = systemCode(error) ?? "error"
    })
    socket.on("data", (chunk: string) => {
      answer += chunk
    })
    socket.on("close", () => {
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]
      resolve({ status: status === undefined ? null : Number(status), failure })
    })
  })
}
