// The address under which browsers reach the service.

import { domainToUnicode } from "node:url"
import { parseUrl } from "../../domain/url.ts"
import { exitCodes, OperatorError } from "../../errors.ts"

/** A public address, taken apart. */
export interface PublicAddress {
  /** Without a slash at its end. */
  readonly text: string
  /** `https://login.example.org`, with a port that is not standard. */
  readonly origin: string
  readonly isTls: boolean
  /** The name, or the IP address without brackets. */
  readonly name: string
  readonly port: number
  /** What browsers send as `Host`. */
  readonly host: string
  /** Empty, or such as `/auth`. */
  readonly path: string
}

/**
 * Reads an address.
 * @throws OperatorError when it is none
 */
export function readAddress(text: string): PublicAddress {
  const url = parseUrl(text)
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:"
  if (url === null || !isWeb || url.username !== "" || url.search !== "" || url.hash !== "") {
    throw new OperatorError("That is not an address of the web", {
      hint: "Write it as browsers reach it, such as https://login.example.org.",
      exitCode: exitCodes.usage,
    })
  }
  const { origin, hostname, host, protocol, pathname } = url
  const isTls = protocol === "https:"
  const path = pathname.replace(/\/+$/, "")
  return {
    text: `${origin}${path}`,
    ...{ origin, isTls, host, path },
    name: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (isTls ? 443 : 80) : Number(url.port),
  }
}

/** A redirect: the address that was asked for, and the one that `Location` names. */
export interface Redirect {
  readonly from: URL
  readonly to: URL
}

/** Reads a `Location` as seen from the address that was asked for; null when it is no address. */
export function redirectOf(location: string, asked: string): Redirect | null {
  const to = parseUrl(location, asked)
  return to && { from: new URL(asked), to }
}

/** A name as people write it. */
export function shownName(name: string): string {
  return domainToUnicode(name) || name
}
