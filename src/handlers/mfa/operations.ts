// What the description of the API says of the endpoints of second factors.

import {
  closed,
  count,
  instant,
  listOf,
  type Operations,
  open,
  orNull,
  type Schema,
  text,
} from "../../openapi/operation.ts"
import { loginTokens } from "../operations.ts"

const ticket = text("The ticket of `/login`.")
const code = text("A code of the authenticator app, or a recovery code.")
const trustDevice: Schema = { type: "boolean", description: "Whether to trust this device." }
const recoveryCodes = listOf({ type: "string" }, "Shown once: each logs in once.")
const id = text("Names the factor.")
const createdAt = instant("When it was set up")
const lastUsedAt = orNull(instant("The last login with it"))
const used = { created_at: createdAt, last_used_at: lastUsedAt }

const factors: Schema = closed({
  methods: listOf(
    { type: "string", enum: ["otp", "recovery", "passkey"] },
    "How the user can show a second factor.",
  ),
  required: { type: "boolean", description: "Whether the user must keep one." },
  totp: orNull(closed({ id, ...used })),
  passkeys: listOf(
    closed({
      ...{ id, name: text("The user's name for it."), ...used },
      synced: { type: "boolean", description: "Whether it may be on several devices." },
    }),
    "The passkeys.",
  ),
  recovery_codes_left: count("How many recovery codes are left."),
  trusted_devices: listOf(
    closed({
      ...{ id, user_agent: text("The program of the device.") },
      ...{ created_at: createdAt, expires_at: instant("When the trust ends") },
    }),
    "The devices that need no second factor.",
  ),
})

/** The endpoints, by method and path. */
export const mfaOperations: Operations = {
  "POST /login/code": {
    id: "logInByCode",
    summary:
      "Takes a code of the authenticator app, or a recovery code, and gives the tokens of a new session: with the ticket of `/login` that of the login, with an access token one in the place of its session.",
    body: {
      schema: open({ code }, { mfa_token: orNull(ticket), trust_device: orNull(trustDevice) }),
    },
    replies: [{ status: 200, description: "The tokens.", schema: loginTokens }],
    errors: ["invalid_code", "invalid_token", "missing_token"],
  },
  "GET /mfa": {
    id: "listFactors",
    summary: "Lists the user's own second factors.",
    replies: [{ status: 200, description: "The factors.", schema: factors }],
  },
  "POST /mfa/totp": {
    id: "offerTotp",
    summary: 'Offers a secret to an authenticator app: `{"secret","uri"}`.',
    body: { isOptional: true, schema: open({}, { mfa_token: orNull(ticket) }) },
    replies: [
      {
        status: 200,
        description: "The secret. It is not in force yet.",
        schema: closed({
          secret: text("As Base32, to be typed."),
          uri: text("For a QR code: `otpauth://totp/…`."),
        }),
      },
    ],
  },
  "POST /mfa/totp/confirm": {
    id: "confirmTotp",
    summary: "Takes the app's first code, and puts the secret in force.",
    body: { schema: closed({ code }, { mfa_token: orNull(ticket) }) },
    replies: [
      {
        status: 200,
        description: "Recovery codes for a user who had none; the tokens, with a ticket.",
        schema: { anyOf: [loginTokens, closed({}, { recovery_codes: recoveryCodes })] },
      },
    ],
    errors: ["invalid_code", "not_found"],
  },
  "POST /mfa/recovery": {
    id: "renewRecoveryCodes",
    summary: "Replaces the recovery codes.",
    replies: [
      {
        status: 200,
        description: "The new codes.",
        schema: closed({ recovery_codes: recoveryCodes }),
      },
    ],
    errors: ["not_found"],
  },
  "DELETE /mfa/{id}": {
    id: "removeFactor",
    summary: "Removes a second factor, and ends the user's other sessions.",
    replies: [{ status: 204, description: "Done." }],
    errors: ["not_found", "access_denied"],
  },
}
