// Holds each reply of a test service against the description of the API: its status, its type and
// its body must be as documented. So no reply can drift from the document.

import assert from "node:assert/strict"
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js"
import type { HttpRequest, Reply } from "../../src/http/message.ts"
import type { Match, Route, Router } from "../../src/http/router.ts"
import { createRouter, shownPath } from "../../src/http/router.ts"
import { createDocument } from "../../src/openapi/document.ts"
import { type RouteParts, routes } from "../../src/routes.ts"
import { type AdminWingParts, createAdminRoutes } from "../../src/wings/admin.ts"

interface DocumentedReply {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
  readonly headers?: Readonly<Record<string, object>>
}

type Document = {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: DocumentedReplies }>>>
  >
}

type DocumentedReplies = Readonly<Record<string, DocumentedReply>>

/** What decides which routes there are. */
export interface RoutesThere {
  readonly hasRegistration: boolean
  readonly hasIssuer: boolean
  readonly hasAdminApi?: boolean
}

const issuer = "https://login.example.org"

/** The rows of the admin API, which nobody calls here. */
export const adminRows = createAdminRoutes({ sessions: {}, clock: {} } as unknown as AdminWingParts)
const rows = rowsOf({ hasRegistration: true, hasIssuer: true, hasAdminApi: true })
const routers = new Map<string, Router>()

/** The description of all routes. */
export const document = createDocument(rows, issuer) as unknown as Document

const ajv = new Ajv2020({ strict: false, allErrors: true })
ajv.addSchema(document, "openapi")
const validators = new Map<string, ValidateFunction>()

/** Fails when a reply of an endpoint is not as documented. */
export function assertDocumented(request: HttpRequest, reply: Reply, there: RoutesThere): void {
  const method = request.method === "HEAD" ? "GET" : request.method
  const match = routerOf(there)(method, request.path)
  if (match.kind !== "found" || isPage(request, reply)) return
  assertReply({ method, path: pathOf(match, method) }, reply)
}

/** The same for a reply of an endpoint of the description. */
export function assertReply(
  { method, path }: { readonly method: string; readonly path: string },
  { status, headers, body }: Pick<Reply, "status" | "headers" | "body">,
): void {
  const name = `${method} ${path}, ${status}`
  const responses = document.paths[path]?.[method.toLowerCase()]?.responses ?? {}
  const documented = responses[String(status)]
  assert.ok(documented, `${name} is not documented`)
  for (const header of Object.keys(documented.headers ?? {})) {
    assert.ok(headers[header] !== undefined, `${name} has no ${header}`)
  }
  if (documented.content === undefined) {
    assert.equal(body, "", `${name} has a body`)
    return
  }
  const [type = ""] = Object.keys(documented.content)
  assert.ok(headers["Content-Type"]?.startsWith(`${type};`), `${name} is not ${type}`)
  const pointer = [path, method.toLowerCase(), "responses", String(status), "content", type]
  const validate = validatorOf(pointer)
  const value = JSON.parse(body)
  assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)}: ${body}`)
}

function validatorOf(pointer: readonly string[]): ValidateFunction {
  const steps = pointer.map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1"))
  const reference = `openapi#/paths/${steps.map(encodeURIComponent).join("/")}/schema`
  const validate = validators.get(reference) ?? ajv.compile({ $ref: reference })
  validators.set(reference, validate)
  return validate
}

function routerOf(there: RoutesThere): Router {
  const name = JSON.stringify(there)
  const router = routers.get(name) ?? createRouter(rowsOf(there))
  routers.set(name, router)
  return router
}

function rowsOf({ hasRegistration, hasIssuer, hasAdminApi }: RoutesThere): readonly Route[] {
  const register = hasRegistration ? () => {} : null
  const admin = hasAdminApi ? adminRows : []
  const rest = { sessions: {}, machine: () => {}, issuer: hasIssuer ? issuer : null }
  const parts = { ...rest, register, admin }
  return routes(parts as unknown as RouteParts).flat()
}

/** Pages and their forms are for people. They are not in the description. */
function isPage(
  { headers }: HttpRequest,
  { isPage: isOne, status, headers: sent }: Reply,
): boolean {
  const isForm = headers.get("content-type")?.startsWith("application/x-www-form-urlencoded")
  const isRedirect = status >= 300 && sent["Location"] !== undefined
  return isOne === true || isForm === true || isRedirect
}

function pathOf(match: Extract<Match, { readonly kind: "found" }>, method: string): string {
  const row = rows.find(([its, path]) => its === method && shownPath(path) === match.path)
  return shownPath(row?.[1] ?? "")
}
