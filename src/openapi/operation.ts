// What the description of the API (OpenAPI 3.1) says of one endpoint. Each one stands beside its
// handlers, in a file `operations.ts`. Whom the endpoint admits, and what that can be answered,
// comes from the route table (document.ts).

import type { ErrorCode } from "../errors.ts"

/** A schema of JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>

/** One endpoint. */
export interface Operation {
  /** The name that generated clients give it. */
  readonly id: string
  /** One sentence, without the Markdown of pages: it becomes the line of docs/api.md. */
  readonly summary: string
  /** The JSON body that it takes. */
  readonly body?: Body
  /** What its query may have. */
  readonly query?: Readonly<Record<string, Schema>>
  /** Whether it changes what `If-Match` has to name. */
  readonly isConditional?: boolean
  readonly replies: readonly SuccessReply[]
  /** The codes that it answers, beside those of every endpoint and of its guard. */
  readonly errors?: readonly ErrorCode[]
}

/** A body in JSON. */
export interface Body {
  readonly schema: Schema
  /** Whether a request without a body is good, too. */
  readonly isOptional?: boolean
}

/** A reply that is no refusal. */
export interface SuccessReply {
  readonly status: 200 | 201 | 204 | 304
  readonly description: string
  /** Whether it has an ETag that clients need. */
  readonly hasTag?: boolean
  /** Absent for a reply without a body. */
  readonly schema?: Schema
  /** JSON unless said. */
  readonly mediaType?: string
}

/** Endpoints by method and path, as the route table writes them: `POST /login`. */
export type Operations = Readonly<Record<string, Operation>>

/** A text. */
export function text(description: string, more: Schema = {}): Schema {
  return { type: "string", description, ...more }
}

/** A whole number. */
export function count(description: string): Schema {
  return { type: "integer", minimum: 0, description }
}

/** An instant in epoch seconds. */
export function instant(description: string): Schema {
  return count(`${description}, in seconds since 1970`)
}

/** A list. */
export function listOf(items: Schema, description: string): Schema {
  return { type: "array", items, description }
}

/** The same, or null. */
export function orNull(schema: Schema): Schema {
  return { ...schema, type: [schema["type"], "null"] }
}

/** An object that has all of these members, perhaps the optional ones, and no others. */
export function closed(
  members: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema {
  return {
    type: "object",
    properties: { ...members, ...optional },
    required: Object.keys(members),
    additionalProperties: false,
  }
}

/** The same, whose other members are ignored. */
export function open(
  members: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema {
  return { ...closed(members, optional), additionalProperties: true }
}

/** A schema with a name: written once, and referred to. */
export function named(name: string, schema: Schema): Schema {
  return { ...schema, [schemaName]: name }
}

/** Where `named` keeps the name. It is no member of the document. */
export const schemaName = Symbol("name of a schema")
