// A stand-in for Envoy, which Debian does not have. It reads examples/protect/envoy.yaml and does
// what Envoy's source does with it. Files are those of github.com/envoyproxy/envoy, at the commits
//
//   http_impl.cc     source/extensions/filters/common/ext_authz/ext_authz_http_impl.cc
//                    9c276e34a2eac758d2b06cd74c6b494a208f4fd9
//   ext_authz.proto  api/envoy/extensions/filters/http/ext_authz/v3/ext_authz.proto
//                    008b93a264b8288005ba893512cd50facce4bb37
//   mutation.proto   api/envoy/extensions/http/early_header_mutation/header_mutation/v3/
//                    header_mutation.proto, 040783c8c0b423531a51d33f2d4765ca3de0d96e

import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import { readProjectFile } from "../support/page.ts"
import { gitHost, type ProtectedSite, photosHost } from "../support/protected_site.ts"
import { type Answer, type Headers, type Judge, startStandInProxy } from "./stand_in_proxy.ts"

const example = readProjectFile("examples/protect/envoy.yaml")

/** The list below a key, whose lines are `- exact: name` or `- remove: name`. */
function namesBelow(key: string): readonly string[] {
  const [, indent = "", below = ""] =
    new RegExp(`\\n( +)${key}:\\n((?:\\1 .*\\n)+)`).exec(example) ?? []
  const names = [...below.matchAll(/^ +- (?:exact|remove): (\S+)$/gm)].map(([, name = ""]) => name)
  assert.ok(indent.length > 0 && names.length > 0, key)
  return names
}

const removedEarly = namesBelow("mutations")
const asked = namesBelow("allowed_headers")
const toApp = namesBelow("allowed_upstream_headers")
const toClient = namesBelow("allowed_client_headers")
const [, prefix = ""] = /path_prefix: (\S+)/.exec(example) ?? []
const [, removedForGit = ""] = /request_headers_to_remove: \[([\w-]+)\]/.exec(example) ?? []
assert.match(
  example,
  /failure_mode_allow: false\n +status_on_error: \{ code: ServiceUnavailable \}/,
)
assert.match(example, /headers_with_underscores_action: DROP_HEADER/)
assert.match(example, /use_remote_address: true/)

function judge({ removes }: { readonly removes: string }): Judge {
  return async ({ method, target, headers, clientAddress }, ask) => {
    // envoy/config/core/v3/protocol.proto, `DROP_HEADER`: before filters see the request.
    for (const name of headers.keys()) if (name.includes("_")) headers.delete(name)
    // mutation.proto, before routes and filters.
    for (const name of removedEarly) headers.delete(name)
    // `use_remote_address`: the client's address is added to what is there, which is nothing now.
    headers.set("x-forwarded-for", [...(headers.get("x-forwarded-for") ?? []), clientAddress])
    const answer = await ask({ method, path: `${prefix}${target}`, headers: question(headers) })
    // http_impl.cc, `toResponse` and `onFailure`: 5xx and silence are errors, and `status_on_error`
    // says what the client gets.
    if (answer === null || answer.status >= 500)
      return { status: 503, headers: new Map(), body: "" }
    // The same: 200 and nothing else lets through.
    if (answer.status !== 200) return denied(answer)
    // http_impl.cc, `SuccessResponse`: they replace what is there.
    for (const name of toApp) {
      const values = answer.headers.get(name)
      if (values !== undefined) headers.set(name, values)
    }
    // Of the router, after all filters.
    headers.delete(removes)
    return null
  }
}

/** ext_authz.proto, `allowed_headers`; http_impl.cc, `check` and `toRequestMatchers`. */
function question(headers: Headers): Headers {
  const always = ["host", "authorization"]
  const sent = [...headers].filter(([name]) => always.includes(name) || asked.includes(name))
  return new Map([...sent, ["content-length", ["0"]]])
}

/** http_impl.cc, `toClientMatchers`: these, and what is allowed. */
function denied({ status, headers, body }: Answer): Answer {
  const always = ["content-length", "www-authenticate", "location"]
  const passedOn = [...headers].filter(([name]) => always.includes(name) || toClient.includes(name))
  return { status, headers: new Map(passedOn), body }
}

/** Starts it. */
export function startEnvoy(t: TestContext, posternPort: number): Promise<ProtectedSite> {
  return startStandInProxy(t, {
    posternPort,
    judges: {
      [photosHost]: { app: "photos", judge: judge({ removes: "" }) },
      [gitHost]: { app: "git", judge: judge({ removes: removedForGit }) },
    },
  })
}
