// Answers proxies that ask about requests. Each kind has a path of its own:
//
//   nginx    /verify/nginx, for `auth_request`, which takes 401 and 403 for refusals, and
//            everything else but 2xx for a failure. So a redirect is a 401 with a Location
//   proxy    /verify/proxy, for Caddy, Traefik and HAProxy, which pass every answer but 200 on to
//            their client
//   Envoy    /verify/envoy/…, for `ext_authz`, which puts a prefix before the target of a request
//            and leaves the rest as it is

import type { Caller } from "../../domain/caller.ts"
import { isServiceToken } from "../../domain/service_token.ts"
import { AuthError } from "../../errors.ts"
import { readBasic } from "../../http/basic.ts"
import { readBearerCredentials, readBearerToken } from "../../http/bearer.ts"
import { callerOf } from "../../http/caller.ts"
import { cookieNames, readCookie } from "../../http/cookies.ts"
import type { Handler } from "../../http/guard.ts"
import type { Asker, RequestHead } from "../../http/message.ts"
import {
  isNavigation,
  isNestedPage,
  isOfBrowser,
  isSentTo,
  type OriginalRequest,
  readForwardedRequest,
  readPrefixedRequest,
} from "../../http/original_request.ts"
import { deniedAtHost } from "../../pages/denied_at_host.ts"
import type { AskedRequest, Gate } from "../../service/browser/gate.ts"
import { replyFor } from "./answer.ts"
import type { VerifyLog } from "./verify_log.ts"

/** What the handlers work with. */
export interface VerifyParts {
  readonly gate: Gate
  /** The origin of the login page. */
  readonly loginOrigin: string
  readonly log: VerifyLog
}

/** Answers nginx. */
export function verifyNginx(parts: VerifyParts): Handler {
  return answering("nginx", readNginxRequest, parts)
}

/** Answers Caddy, Traefik and HAProxy. */
export function verifyProxy(parts: VerifyParts): Handler {
  return answering("proxy", readForwardedRequest, parts)
}

/** Answers Envoy. */
export function verifyEnvoy(parts: VerifyParts): Handler {
  return answering("proxy", readPrefixedRequest, parts)
}

function readNginxRequest(head: RequestHead): OriginalRequest {
  const original = readForwardedRequest(head)
  if (isSentTo(head, original.host)) return original
  // A client can send a request line with one host and a Host header with another: `$host` is what
  // nginx goes by, `$http_host` is not.
  const message = "'Host' and 'X-Forwarded-Host' name different hosts: set both from $host"
  throw new AuthError("access_denied", message, { reason: "other_host" })
}

/** `read` finds out what the proxy asks about. */
function answering(
  asker: Exclude<Asker, "client">,
  read: (head: RequestHead, rest: string) => OriginalRequest,
  { gate, loginOrigin, log }: VerifyParts,
): Handler {
  return async (head, { params }) => {
    try {
      const original = read(head, params["rest"] ?? "")
      const verdict = await gate.judge(new Asked(head, original))
      if (verdict.kind === "refused") log.refused(verdict.reason, original)
      if (verdict.kind === "denied" && isNavigation(head, original)) {
        return { ...deniedAtHost(verdict.to, loginOrigin), reason: verdict.reason }
      }
      return replyFor(verdict, { asker, original, loginOrigin })
    } catch (error) {
      if (error instanceof AuthError) log.unreadable(error)
      throw error
    }
  }
}

/** A request as the gate reads it: what few requests need is read when it is asked for. */
class Asked implements AskedRequest {
  readonly #head: RequestHead
  readonly #original: OriginalRequest
  readonly cookie: string | null

  constructor(head: RequestHead, original: OriginalRequest) {
    this.#head = head
    this.#original = original
    this.cookie = readCookie(head, cookieNames.session)
  }

  get host(): OriginalRequest["host"] {
    return this.#original.host
  }

  get method(): string {
    return this.#original.method
  }

  get target(): string {
    return this.#original.target
  }

  get headers(): RequestHead["headers"] {
    return this.#head.headers
  }

  get caller(): Caller {
    return callerOf(this.#head)
  }

  isNavigation(): boolean {
    return isNavigation(this.#head, this.#original)
  }

  isNested(): boolean {
    return isNestedPage(this.#head)
  }

  readState(): string | null {
    return readCookie(this.#head, cookieNames.state)
  }

  isOfBrowser(): boolean {
    return isOfBrowser(this.#head, this.#original)
  }

  readBearer(): string | null {
    return readBearerToken(this.#head)
  }

  // An app may have bearer tokens of its own, of any form.
  readServiceToken(): string | null {
    const sent = readBearerCredentials(this.#head)?.trimStart() ?? ""
    return isServiceToken(sent) ? readBearerToken(this.#head) : null
  }

  readBasic(): ReturnType<typeof readBasic> {
    return readBasic(this.#head)
  }
}
