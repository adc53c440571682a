// Bodies that POST /login is sent: F-18 to F-21, F-36, H-34, H-36 and H-43.

import type { Scenario } from "../support/api_scenario.ts"
import { missing, secrets, typedPasswords } from "./login_rows.ts"

const { right } = typedPasswords
const notText = ["invalid_request", "Username and password must be text"] as const
const notObject = [
  "invalid_request",
  "The body must be one JSON object without duplicate members",
] as const
const notJson = ["unsupported_media_type", "The body must be application/json in UTF-8"] as const
const jsonType = { "content-type": "application/json" }

const absent: readonly (readonly [string, object])[] = [
  ["no members", {}],
  ["no password", { username: "alice" }],
  ["no name", { password: right }],
  ["an empty password", { username: "alice", password: "" }],
  ["an empty name", { username: "", password: right }],
  ["null as password", { username: "alice", password: null }],
  ["null as name", { username: null, password: right }],
]

const wrongTypes = [0, 1, true, false, [], [right], {}, { $ne: null }]

/** Members that nobody asked for. They are ignored, as OAuth asks (RFC 6749 §3.2). */
const extra: readonly (readonly [string, unknown])[] = [
  ...["role", "roles", "isAdmin", "id", "sub", "constructor", "Username", "otp"].map(
    (name) => [name, "admin"] as const,
  ),
  ...([
    ["grant_type", "password"],
    ["client_id", "web"],
    ["scope", "openid"],
  ] as const),
  ...([
    ["rememberMe", true] as const,
    ["refresh_token", "ptr_x"],
    ["", null],
    ["x", { y: [1] }],
  ] as const),
]

const bodies: readonly (readonly [string, string])[] = [
  ["an array", `[{"username":"alice","password":"${right}"}]`],
  ["a torn object", `{"username":"alice","password":"${right}"`],
  ["a name twice", `{"username":"alice","username":"bob","password":"${right}"}`],
  ["a password twice", `{"username":"alice","password":"x","password":"${right}"}`],
  ["another member twice", `{"username":"alice","password":"${right}","x":1,"x":1}`],
  ["two byte order marks", `\ufeff\ufeff{"username":"alice","password":"${right}"}`],
  ["nothing", ""],
]

const types = [
  ["no type", {}],
  ["text", { "content-type": "text/plain" }],
  ["text that claims JSON", { "content-type": "text/plain; application/json" }],
  ["a form's type", { "content-type": "application/x-www-form-urlencoded" }],
  ["multipart", { "content-type": "multipart/form-data; boundary=x" }],
  ["UTF-16", { "content-type": "application/json; charset=utf-16" }],
  ["two charsets", { "content-type": "application/json; charset=utf-8; charset=latin1" }],
  ["a kind of JSON", { "content-type": "application/vnd.api+json" }],
  ["JSONP", { "content-type": "application/jsonp" }],
] as const

const goodTypes = [
  ...["application/json;", "application/json; charset=utf8", 'APPLICATION/JSON ; charset="UTF-8"'],
  ...["application/json; version=1", 'application/json;x="a;charset=latin1";charset=utf-8'],
]

/** The rows. */
export const loginBodyRows: readonly Scenario[] = [
  ...absent.map(
    ([what, json]): Scenario => ({
      name: `POST /login refuses ${what}`,
      send: { json },
      status: 400,
      refusal: missing,
      lacks: secrets,
      events: [],
    }),
  ),
  ...wrongTypes.flatMap((value) =>
    [
      { username: value, password: right },
      { username: "alice", password: value },
    ].map(
      (json): Scenario => ({
        name: `POST /login refuses ${JSON.stringify(json).replaceAll(right, "…")}`,
        send: { json },
        status: 400,
        refusal: notText,
        lacks: secrets,
        events: [],
      }),
    ),
  ),
  ...extra.map(
    ([member, value]): Scenario => ({
      name: `POST /login ignores the member '${member}'`,
      send: { json: { username: "alice", password: right, [member]: value } },
      status: 200,
      members: { token_type: "Bearer", expires_in: 900 },
      lacks: [...secrets, "admin"],
      events: ["login.succeeded alice"],
    }),
  ),
  {
    name: "POST /login ignores the member '__proto__'",
    send: {
      headers: jsonType,
      body: `{"username":"alice","password":"${right}","__proto__":{"polluted":1}}`,
    },
    status: 200,
    lacks: ["polluted"],
    events: ["login.succeeded alice"],
  },
  {
    name: "POST /login takes nothing from '__proto__'",
    send: {
      headers: jsonType,
      body: `{"username":"alice","__proto__":{"password":"${right}"}}`,
    },
    status: 400,
    refusal: missing,
    lacks: secrets,
    events: [],
  },
  {
    name: "POST /login skips one byte order mark",
    send: { headers: jsonType, body: `\ufeff{"username":"alice","password":"${right}"}` },
    status: 200,
    events: ["login.succeeded alice"],
  },
  ...["Bearer", "Bearer null", "Bearer x y", "Basic eDp5", "Bearer a.b.c"].map(
    (authorization): Scenario => ({
      name: `POST /login ignores '${authorization}' beside the body`,
      send: {
        headers: { ...jsonType, authorization },
        body: `{"username":"alice","password":"${right}"}`,
      },
      status: 200,
      events: ["login.succeeded alice"],
    }),
  ),
  ...goodTypes.map(
    (type): Scenario => ({
      name: `POST /login takes a body of the type ${type}`,
      send: {
        headers: { "content-type": type },
        body: `{"username":"alice","password":"${right}"}`,
      },
      status: 200,
      events: ["login.succeeded alice"],
    }),
  ),
  ...bodies.map(
    ([what, body]): Scenario => ({
      name: `POST /login refuses ${what} as body`,
      send: { headers: jsonType, body },
      status: 400,
      refusal: notObject,
      lacks: secrets,
      events: [],
    }),
  ),
  ...types.map(
    ([what, headers]): Scenario => ({
      name: `POST /login refuses a body with ${what}`,
      send: { headers, body: `{"username":"alice","password":"${right}"}` },
      status: 415,
      refusal: notJson,
      lacks: secrets,
      events: [],
    }),
  ),
  {
    name: "POST /login refuses a form",
    send: { headers: types[3][1], body: `username=alice&password=${right}` },
    status: 415,
    refusal: notJson,
    events: [],
  },
]
