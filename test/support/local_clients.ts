// Many clients on one machine: every address of 127.0.0.0/8 is its own.

import { request } from "node:http"

/** A reply as it was sent. */
export interface SentReply {
  readonly status: number
  /** Names and values in turn, as they were on the wire. */
  readonly rawHeaders: readonly string[]
  readonly text: string
}

/** What a client sends, and from where. */
export interface LocalRequest {
  readonly method: string
  readonly path: string
  /** 127.0.0.1 by default. */
  readonly address?: string
  readonly token?: unknown
  readonly json?: unknown
}

/** Each number is a client of its own; none is 127.0.0.1. */
export function localAddress(number: number): string {
  return `127.1.${number >> 8}.${number & 255}`
}

/** Sends a request on a connection of its own. */
export function sendFrom(port: number, sent: LocalRequest): Promise<SentReply> {
  const { method, path, address = "127.0.0.1", token, json } = sent
  const headers = {
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(json === undefined ? {} : { "Content-Type": "application/json" }),
  }
  const options = { host: "127.0.0.1", port, method, path, headers, localAddress: address }
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...options, agent: false }, (incoming) => {
      let text = ""
      incoming.setEncoding("utf8")
      incoming.on("data", (chunk) => {
        text += chunk
      })
      incoming.on("error", reject)
      incoming.on("end", () => {
        const { statusCode = 0, rawHeaders } = incoming
        resolve({ status: statusCode, rawHeaders, text })
      })
    })
    outgoing.on("error", reject)
    outgoing.end(json === undefined ? undefined : JSON.stringify(json))
  })
}

/** Logs in, with a device token where there is one. */
export function logInFrom(
  port: number,
  address: string,
  credentials: {
    readonly username: string
    readonly password: string
    readonly deviceToken?: unknown
  },
): Promise<SentReply> {
  const { username, password, deviceToken } = credentials
  const json = { username, password, device_token: deviceToken }
  return sendFrom(port, { method: "POST", path: "/login", address, json })
}
