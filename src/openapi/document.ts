// The description of the API, made of the route table and of the operations beside the handlers. It
// is loaded at the first request for it.

import manifest from "../../package.json" with { type: "json" }
import { type ErrorCode, errorCodes } from "../errors.ts"
import { adminOperations } from "../handlers/admin/operations.ts"
import { mfaOperations } from "../handlers/mfa/operations.ts"
import { passkeyOperations } from "../handlers/mfa/passkey_operations.ts"
import { coreOperations } from "../handlers/operations.ts"
import { problem } from "../http/problem.ts"
import { type Route, shownPath } from "../http/router.ts"
import { errorTexts } from "./error_texts.ts"
import {
  type Operation,
  type Operations,
  type Schema,
  type SuccessReply,
  schemaName,
  text,
} from "./operation.ts"

/** All endpoints that a route table may have. */
export const operations: Operations = {
  ...coreOperations,
  ...mfaOperations,
  ...passkeyOperations,
  ...adminOperations,
}

/** Codes that every endpoint may answer: of the server and of the world. */
const everywhere: readonly ErrorCode[] = [
  ...(["invalid_request", "request_timeout", "content_too_large", "uri_too_long"] as const),
  ...(["expectation_failed", "misdirected_request", "header_fields_too_large"] as const),
  ...(["server_error", "temporarily_unavailable", "http_version_not_supported"] as const),
]

/** A part of the document; there is no type for all of OpenAPI here. */
type OpenApiDocument = Readonly<Record<string, unknown>>

/**
 * Makes the document.
 * @param issuer the public address; null with a shared secret, which may have none
 * @throws TypeError for a row without a description
 */
export function createDocument(rows: readonly Route[], issuer: string | null): OpenApiDocument {
  const schemas = new Map<string, Schema>()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const row of rows.filter(([, path]) => !isAlias(path))) {
    const [method, rowPath] = row
    const path = shownPath(rowPath)
    const name = `${method} ${path}`
    const operation = operations[name]
    if (operation === undefined) throw new TypeError(`The route '${name}' has no description`)
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(row, operation, schemas) }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Postern",
      version: manifest.version,
      description: `${manifest.description} Times are seconds since 1970.`,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: issuer ?? "/" }],
    tags: tags.map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        serviceToken: {
          ...{ type: "http", scheme: "bearer", bearerFormat: "pts_…" },
          description:
            "A machine's token, made by `postern token create`. The username is `svc:NAME`.",
        },
      },
      schemas: Object.fromEntries(schemas),
    },
  }
}

/** The second address of an issuer's metadata, where the issuer has a path. */
function isAlias(path: string): boolean {
  return path.startsWith("/.well-known/oauth-authorization-server/")
}

const tags = [
  { name: "tokens", description: "Login, refresh, logout.", of: /^\/(?:log|refresh|register)/ },
  { name: "admin", description: "For admins.", of: /^\/admin/ },
  { name: "factors", description: "Second factors.", of: /^\/mfa/ },
  { name: "verifiers", description: "For services that verify tokens.", of: /^\/(?:\.well|rev)/ },
  { name: "health", description: "For monitors, and this description.", of: /z$|^\/openapi/ },
  { name: "account", description: "The user of a token.", of: /^/ },
] as const

function describe(
  [, rowPath, { access, takesBody, limits }]: Route,
  operation: Operation,
  schemas: Map<string, Schema>,
): OpenApiDocument {
  const { id, summary, body, replies, isConditional = false, errors = [] } = operation
  const path = shownPath(rowPath)
  const isGuarded = access.startsWith("token")
  const codes = [
    ...everywhere,
    ...(isGuarded ? guardCodes(access) : []),
    ...(takesBody && body !== undefined ? (["unsupported_media_type"] as const) : []),
    ...(limits.length > 0 ? (["too_many_requests"] as const) : []),
    ...(isConditional ? conditionCodes : []),
    ...errors,
  ]
  const parameters = parametersOf(path, operation)
  const token = [
    { token: [] },
    ...(access.includes("service token") ? [{ serviceToken: [] }] : []),
    ...(access.includes("mfa_token") ? [{}] : []),
  ]
  return {
    operationId: id,
    summary,
    ...(access === "anyone" ? {} : { description: `Who may: ${access}.` }),
    tags: [tags.find(({ of }) => of.test(path))?.name],
    security: isGuarded ? token : [],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.isOptional !== true,
            content: { "application/json": { schema: referred(body.schema, schemas) } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        replies.map((reply) => [String(reply.status), successOf(reply, schemas)]),
      ),
      ...refusals(codes, schemas),
    },
  }
}

const conditionCodes = ["precondition_required", "precondition_failed"] as const
const textSchema: Schema = { type: "string" }

function parametersOf(
  path: string,
  { query = {}, isConditional = false }: Operation,
): readonly object[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  const description = "The `ETag` of what is changed, as it was read."
  const condition = { name: "If-Match", in: "header", required: true, description }
  return [
    ...names.map((name) => ({ name, in: "path", required: true, schema: textSchema })),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: "query", schema })),
    ...(isConditional ? [{ ...condition, schema: textSchema }] : []),
  ]
}

function successOf(
  { description, schema, mediaType = "application/json", hasTag = false }: SuccessReply,
  schemas: Map<string, Schema>,
): OpenApiDocument {
  const headers = hasTag ? { headers: { ETag: { required: true, schema: textSchema } } } : {}
  if (schema === undefined) return { description, ...headers }
  return {
    description,
    ...headers,
    content: { [mediaType]: { schema: referred(schema, schemas) } },
  }
}

function guardCodes(access: string): readonly ErrorCode[] {
  const tokenCodes = ["missing_token", "invalid_token", "insufficient_user_authentication"] as const
  return access.includes("role") ? [...tokenCodes, "insufficient_scope"] : tokenCodes
}

/** The refusals of these codes, by status. */
function refusals(codes: readonly ErrorCode[], schemas: Map<string, Schema>): OpenApiDocument {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of errorCodes.filter((one) => codes.includes(one))) {
    const { status } = problem(code, "")
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, its]) => [
      String(status),
      {
        description: its.map((code) => `\`${code}\`: ${errorTexts[code]}`).join(" "),
        headers: headersOf(status),
        content: { "application/json": { schema: referred(errorSchema(its), schemas) } },
      },
    ]),
  )
}

function headersOf(status: number): OpenApiDocument {
  const name = status === 401 ? "WWW-Authenticate" : "Retry-After"
  if (status !== 401 && status !== 429 && status !== 503) return {}
  return { [name]: { required: true, schema: { type: "string" } } }
}

/** Codes whose bodies have more members: the tickets of logins that need a second factor. */
const ticketCodes: readonly ErrorCode[] = ["mfa_required", "mfa_enrolment_required"]

function errorSchema(codes: readonly ErrorCode[]): Schema {
  const msg = text("A sentence for people.")
  const plain = codes.filter((code) => !ticketCodes.includes(code))
  const refusal = {
    ...{ type: "object", required: ["error", "msg"], additionalProperties: false },
    properties: { error: { type: "string", enum: plain }, msg },
  }
  const asked = codes.filter((code) => ticketCodes.includes(code))
  if (asked.length === 0) return refusal
  const ticket = {
    ...{ type: "object", additionalProperties: false },
    required: ["error", "msg", "mfa_token", "methods", "expires_in"],
    properties: {
      error: { type: "string", enum: asked },
      msg,
      mfa_token: text("The ticket: it opens nothing by itself."),
      methods: { type: "array", items: { type: "string", enum: ["otp", "recovery", "passkey"] } },
      expires_in: { type: "integer", description: "Seconds for which the ticket is good." },
    },
  }
  return { oneOf: [refusal, ticket] }
}

/** A schema in which named ones are references. */
function referred(schema: Schema, schemas: Map<string, Schema>): unknown {
  const name = (schema as { readonly [schemaName]?: string })[schemaName]
  if (name === undefined) return withReferences(schema, schemas)
  if (!schemas.has(name)) schemas.set(name, withReferences(schema, schemas) as Schema)
  return { $ref: `#/components/schemas/${name}` }
}

function withReferences(value: unknown, schemas: Map<string, Schema>): unknown {
  if (Array.isArray(value)) return value.map((one) => withReferences(one, schemas))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      typeof member === "object" && member !== null && !Array.isArray(member)
        ? referred(member as Schema, schemas)
        : withReferences(member, schemas),
    ]),
  )
}
