// A stand-in for Traefik, which Debian does not have. It reads examples/protect/traefik_hosts.yml
// and does what Traefik's source does with it. Files are those of github.com/traefik/traefik, at
// the commits
//
//   forward.go    pkg/middlewares/auth/forward.go       bd22897cd5292f3a0b8f8db28ab967b2840bbe96
//   header.go     pkg/middlewares/headers/header.go     01393d502280b5f5031088b917ab83935db55907
//   forwarded.go  pkg/middlewares/forwardedheaders/forwarded_header.go
//                                                       06d0bd52228deeea16fac3ef52d36c1570b5e85c

import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import { readProjectFile } from "../support/page.ts"
import { gitHost, type ProtectedSite, photosHost } from "../support/protected_site.ts"
import { type Judge, type ProxiedRequest, startStandInProxy } from "./stand_in_proxy.ts"

/** forward.go, `hopHeaders`. */
const hopHeaders = ["connection", "keep-alive", "te", "trailers", "transfer-encoding", "upgrade"]
/** forwarded.go, `XHeadersSet`. */
const ownHeader =
  /^x[-_](?:forwarded[-_](?:proto|scheme|for|host|port|server|uri|method|prefix|tls[-_]client[-_]cert(?:[-_]info)?)|scheme|real[-_]ip)$/

const example = readProjectFile("examples/protect/traefik_hosts.yml")

/** The names below a key: of an object's members, or of a list. */
function namesBelow(start: string, key: string): readonly string[] {
  const at = example.indexOf(`\n    ${start}:\n`)
  const [, below = ""] =
    new RegExp(`\\n( +)${key}:\\n((?:\\1 .*\\n)+)`).exec(example.slice(at))?.slice(1) ?? []
  const names = [...below.matchAll(/^ +(?:- )?([\w.-]+)(?:: "")?$/gm)].map(([, name = ""]) =>
    name.toLowerCase(),
  )
  assert.ok(names.length > 0, `${start} ${key}`)
  return names
}

const stripped = namesBelow("postern-strip", "customRequestHeaders")
const removed = namesBelow("no-authorization", "customRequestHeaders")
const passedOn = namesBelow("postern-ask", "authResponseHeaders")

/** The middlewares of a router, in their order. */
function chain({ removes }: { readonly removes: readonly string[] }): Judge {
  return async (proxied, ask) => {
    const { method, target, headers, clientAddress } = proxied
    const host = headers.get("host") ?? []
    forwardedHeaders(proxied)
    // header.go, `modifyCustomRequestHeaders`: an empty value deletes.
    for (const name of stripped) headers.delete(name)
    // forward.go, `writeHeader`: all headers but those of a connection, and what Traefik knows in
    // the place of what the client sent, since `trustForwardHeader` is false.
    const asked = new Map([...headers].filter(([name]) => !hopHeaders.includes(name)))
    asked.delete("content-length")
    asked
      .set("x-forwarded-for", [clientAddress])
      .set("x-forwarded-method", [method])
      .set("x-forwarded-proto", ["https"])
      .set("x-forwarded-host", host)
      .set("x-forwarded-uri", [target])
      // The request goes to the address, with the host of that.
      .set("host", ["127.0.0.1:8080"])
    // forward.go, `ServeHTTP`: by GET, and without a body.
    const answer = await ask({ method: "GET", path: "/verify/proxy", headers: asked })
    // The same: 500 when nobody answers; everything but 2xx is passed on, with all headers but
    // those of a connection.
    if (answer === null) return { status: 500, headers: new Map(), body: "" }
    if (answer.status < 200 || answer.status > 299) {
      for (const name of hopHeaders) answer.headers.delete(name)
      return answer
    }
    // The same: each of `authResponseHeaders` is deleted, then set.
    for (const name of passedOn) {
      headers.delete(name)
      const values = answer.headers.get(name)
      if (values !== undefined) headers.set(name, values)
    }
    for (const name of removes) headers.delete(name)
    return null
  }
}

/** forwarded.go: the entry point comes before all middlewares. */
function forwardedHeaders({ headers, clientAddress }: ProxiedRequest): void {
  // `DeleteXForwardedHeaders`, then `rewrite`.
  for (const name of headers.keys()) if (ownHeader.test(name)) headers.delete(name)
  const host = headers.get("host") ?? []
  headers.set("x-real-ip", [clientAddress]).set("x-forwarded-host", host)
  headers.set("x-forwarded-proto", ["https"]).set("x-forwarded-port", ["443"])
  // `removeConnectionHeaders`: all that the client names but Traefik's own.
  const named = (headers.get("connection") ?? [])
    .join(",")
    .toLowerCase()
    .split(/\s*,\s*/)
  for (const name of named) if (!ownHeader.test(name)) headers.delete(name)
  headers.delete("connection")
}

/** Starts it. */
export function startTraefik(t: TestContext, posternPort: number): Promise<ProtectedSite> {
  return startStandInProxy(t, {
    posternPort,
    judges: {
      [photosHost]: { app: "photos", judge: chain({ removes: [] }) },
      [gitHost]: { app: "git", judge: chain({ removes: removed }) },
    },
  })
}
