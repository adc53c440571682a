// Tokens of a Flask-JWT-Extended application with the same secret, as that library writes them:
// header members sorted, claims in its order, numbers and letters as Python's json.dumps has them.

import { startOfTests as now } from "../support/fake_clock.ts"
import { type Forge, forgeSid, type Members, segment, signJws } from "../support/forge.ts"
import { acceptedText, claims, payloadText, sidsOfOthers } from "./claim_vectors.ts"
import { accepted, type Expectation, each, refused, type Vector } from "./vector.ts"

const header = '{"alg":"HS256","typ":"JWT"}'
const names = '"jti":"0a4c8a0e-55a0-4b7c-8a5b-3d9c3e0b7a11"'
const doubleSubmit = '"csrf":"9d1a7c1e-2f0b-4d63-9d7e-5a6b1c2d3e4f"'

/** The payload of `create_access_token("alice")`. */
const payload = flask({})

const accessTokens: Vector[] = [
  flaskToken("as by default", payload),
  flaskToken("fresh", flask({ fresh: "true" })),
  flaskToken("fresh until a fraction of a second", flask({ fresh: `${now + 60}.018339` })),
  flaskToken("fresh until a whole second, as float", flask({ fresh: `${now + 60}.0` })),
  flaskToken("fresh until long ago", flask({ fresh: "1e-07" })),
  flaskToken("fresh with an exponent", flask({ fresh: "1.7954478e+09" })),
  flaskToken("without csrf", flask({ csrf: "" })),
  flaskToken("without nbf", flask({ nbf: "" })),
  flaskToken(
    "a claim with letters beyond ASCII",
    flask({ more: ',"name":"Zo\\u00eb \\ud83d\\ude00"' }),
  ),
  flaskToken("a claim with a float", flask({ more: ',"score":1.0,"small":1e-05' })),
  flaskToken("a claim with an escaped slash", flask({ more: ',"path":"\\/"' })),
  flaskToken("roles of its own", flask({ more: ',"roles":["admin"]' })),
  flaskToken("a session of ours", flask({ more: `,"sid":"${forgeSid}"` })),
  ...each(sidsOfOthers, (sid, name) =>
    claims(`Flask: a sid of its own, ${name}`, { sid }, "accepted"),
  ),
  flaskToken("blanks within a string", flask({ more: ',"note":"a, b: \\"c\\" \\n d"' })),
  flaskToken("times as floats of whole seconds", flask({ exp: `"exp":${now + 900}.0` })),
  accepted("Flask: header of an older PyJWT", (forge) =>
    signed(forge, '{"typ":"JWT","alg":"HS256"}', payload),
  ),
]

const refusedTokens: Vector[] = [
  refusedFlask("J-31 without exp", flask({ exp: "" })),
  refusedFlask("J-31 exp null", flask({ exp: '"exp":null' })),
  refusedFlask("J-31 exp a numeric string", flask({ exp: `"exp":"${now + 900}"` })),
  refusedFlask("J-32 exp a fraction", flask({ exp: `"exp":${now + 900}.5` })),
  refusedFlask("J-32 exp 1e999", flask({ exp: '"exp":1e999' })),
  refusedFlask("J-32 exp Infinity", flask({ exp: '"exp":Infinity' })),
  refusedFlask("only sub", '{"sub":"alice"}'),
  refusedFlask("sub and exp", `{"sub":"alice","exp":${now + 900}}`),
  refusedFlask("fresh Infinity by exponent", flask({ fresh: "1e999" })),
  refusedFlask("fresh NaN", flask({ fresh: "NaN" })),
  refusedFlask("fresh a string", flask({ fresh: '"true"' })),
  refusedFlask("fresh null", flask({ fresh: "null" })),
  refusedFlask("sub a number", payload.replace('"alice"', "7")),
  refusedFlask(
    "with the blanks of json.dumps",
    payload.replaceAll(":", ": ").replaceAll(",", ", "),
  ),
  refusedFlask("a claim twice, once escaped", flask({ more: ',"\\u0073ub":"bob"' })),
  refusedFlask("type app", payload.replace('"access"', '"app"')),
  refusedFlask("without type", payload.replace('"type":"access",', "")),
  refusedFlask("of more than a day", flask({ exp: `"exp":${now + 86_401}` })),
  refusedFlask("an audience, none configured", flask({ more: ',"aud":"postern"' })),
  refusedFlask("an issuer, none configured", flask({ more: ',"iss":"postern"' })),
  refusedFlask("auth_time null", flask({ more: ',"auth_time":null' })),
  claims("Flask: expired", { iat: now - 900, exp: now }, "Token has expired"),
  payloadText("Flask: a tab in the structure", (good) => good.replace(",", ",\t")),
]

const refreshTokens: Vector[] = [
  ...each([900, 86_400, 2_592_000], (seconds) =>
    claims(
      `Flask: a refresh token of ${seconds} seconds`,
      { type: "refresh", exp: now + seconds },
      "Only non-refresh tokens are allowed",
    ),
  ),
  claims(
    "Flask: an expired refresh token",
    { type: "refresh", iat: now - 2_592_000, exp: now },
    "Token has expired",
  ),
  claims("Flask: a refresh token without exp", { type: "refresh", exp: undefined }),
]

/** Vectors for a deployment with a shared secret and neither issuer nor audience. */
export const flaskVectors: readonly Vector[] = [
  ...accessTokens,
  ...refusedTokens,
  ...refreshTokens,
  acceptedText("an escape that JSON.stringify does not write", (good) =>
    good.replace("alice", "\\u0061lice"),
  ),
]

/** The settings of the deployment for `addressedVectors`. */
export const addressedSettings = addressedTo("flask-app", "flask-api")

/** Vectors for a deployment with a shared secret, an issuer and an audience. */
export const addressedVectors: readonly Vector[] = [
  addressed("aud and iss as configured", {}, "accepted"),
  addressed("aud as list", { aud: ["flask-api"] }, "accepted"),
  addressed("aud as list of several", { aud: ["other", "flask-api"] }, "accepted"),
  addressed("J-34 without iss", { iss: undefined }),
  addressed("J-35 without aud", { aud: undefined }),
  ...each(
    ["", "flask-ap", "flask-app2", "Flask-App", null, 1, ["flask-app"], {}, true],
    (iss, name) => addressed(`J-34 iss ${name}`, { iss }),
  ),
  ...each(
    [
      "",
      "flask-ap",
      "FLASK-API",
      null,
      1,
      true,
      {},
      [],
      [""],
      [null],
      ["other"],
      [["flask-api"]],
      ["flask-api", 1],
      ["flask-api", null],
      { 0: "flask-api", length: 1 },
      "flask-api other",
      ["flask-api2"],
    ],
    (aud, name) => addressed(`J-35 aud ${name}`, { aud }),
  ),
]

/** The settings of the deployment for `severallyAddressedVectors`: what is written, and more. */
export const severalSettings = {
  issuer: "flask-app",
  audience: ["flask-api", "flask-web"],
  acceptedIssuers: ["flask-app", "old-app"],
  acceptedAudiences: ["flask-web", "old-api"],
} as const

/** Vectors for a deployment that accepts several issuers and audiences. */
export const severallyAddressedVectors: readonly Vector[] = [
  addressed("as written", { aud: severalSettings.audience }, "accepted"),
  addressed("the other issuer", { iss: "old-app", aud: "flask-web" }, "accepted"),
  addressed("the other audience", { aud: "old-api" }, "accepted"),
  addressed("both audiences", { aud: ["old-api", "flask-web"] }, "accepted"),
  addressed("J-35 only an audience that is written", { aud: "flask-api" }),
  addressed("J-35 that one as list", { aud: ["flask-api"] }),
  addressed("J-35 both in one text", { aud: "flask-web old-api" }),
  addressed("J-35 both with a comma", { aud: "flask-web,old-api" }),
  addressed("J-35 a list in a list", { aud: [["flask-web"], "old-api"] }),
  addressed("J-34 an audience as issuer", { iss: "old-api", aud: "old-api" }),
  addressed("J-34 a list of both", { iss: ["flask-app", "old-app"], aud: "old-api" }),
  addressed("J-34 both in one text", { iss: "flask-app,old-app", aud: "old-api" }),
  addressed("J-34 without iss", { iss: undefined, aud: "old-api" }),
  addressed("J-35 without aud", { aud: undefined }),
]

function addressedTo(issuer: string, audience: string) {
  return { issuer, audience, acceptedIssuers: [issuer], acceptedAudiences: [audience] }
}

/** A token for the deployment of `addressedSettings`, with changes. */
function addressed(id: string, changes: Members, expect?: Expectation): Vector {
  return claims(id, { iss: "flask-app", aud: "flask-api", ...changes }, expect)
}

/** A payload text; each part replaces the library's default, an empty one leaves it out. */
function flask(parts: {
  readonly fresh?: string
  readonly nbf?: string
  readonly csrf?: string
  readonly exp?: string
  readonly more?: string
}): string {
  const { fresh = "false", nbf = `"nbf":${now}`, csrf = doubleSubmit } = parts
  const { exp = `"exp":${now + 900}`, more = "" } = parts
  const claimTexts = [`"fresh":${fresh}`, `"iat":${now}`, names, '"type":"access"', '"sub":"alice"']
  const present = [...claimTexts, nbf, csrf, exp].filter((text) => text !== "")
  return `{${present.join(",")}${more}}`
}

function signed(forge: Forge, head: string, body: string): string {
  const input = `${segment(head)}.${segment(body)}`
  return `${input}.${segment(signJws(input, "HS256", forge.key))}`
}

function flaskToken(id: string, text: string): Vector {
  return accepted(`Flask: ${id}`, (forge) => signed(forge, header, text))
}

function refusedFlask(id: string, text: string): Vector {
  return refused(`Flask: ${id}`, (forge) => signed(forge, header, text))
}
