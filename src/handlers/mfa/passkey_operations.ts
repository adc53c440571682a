// What the description of the API says of the endpoints of passkeys. Options and credentials have
// the JSON forms of WebAuthn L3, which browsers write and read themselves.

import {
  closed,
  count,
  listOf,
  type Operations,
  open,
  orNull,
  type Schema,
  text,
} from "../../openapi/operation.ts"
import { loginTokens } from "../operations.ts"

const ticket = text("The ticket of `/login`.")
const challenge = text("Good once, for five minutes.")
const timeout = count("Milliseconds")

const descriptors = (description: string): Schema =>
  listOf(
    closed({
      type: { type: "string", const: "public-key" },
      id: text("The authenticator's name of the passkey."),
      transports: listOf({ type: "string" }, "How to reach the authenticator."),
    }),
    description,
  )

const loginOptions = closed({
  rpId: text("The host to which the passkeys belong."),
  ...{ challenge, timeout },
  userVerification: { type: "string", const: "required" },
  allowCredentials: descriptors("The passkeys of the ticket's user; none without a ticket."),
})

const registrationOptions = closed({
  rp: closed({ id: text("The host."), name: text("The name of the site.") }),
  user: closed({
    id: text("Random: by what the passkey names its user."),
    ...{ name: text("The username."), displayName: text("The same.") },
  }),
  ...{ challenge, timeout },
  pubKeyCredParams: listOf(
    closed({ type: { type: "string", const: "public-key" }, alg: { type: "integer" } }),
    "The algorithms, the preferred first.",
  ),
  excludeCredentials: descriptors("The passkeys that the user has."),
  authenticatorSelection: closed({
    residentKey: { type: "string", const: "required" },
    requireResidentKey: { type: "boolean", const: true },
    userVerification: { type: "string", const: "required" },
  }),
  attestation: { type: "string", const: "none" },
})

const credentialOf = (description: string): Schema => ({ type: "object", description })

const added = closed(
  { id: text("Names the passkey in `/mfa`."), name: text("The user's name for it.") },
  { recovery_codes: listOf({ type: "string" }, "Shown once: each logs in once.") },
)

/** The endpoints, by method and path. */
export const passkeyOperations: Operations = {
  "POST /login/passkey/options": {
    id: "offerPasskeyLogin",
    summary:
      "Gives what `navigator.credentials.get` takes. It names no user, or the passkeys of the user whose ticket is sent.",
    body: { isOptional: true, schema: open({}, { mfa_token: orNull(ticket) }) },
    replies: [{ status: 200, description: "The options.", schema: loginOptions }],
    errors: ["invalid_token", "not_found"],
  },
  "POST /login/passkey": {
    id: "logInByPasskey",
    summary:
      "Takes what `navigator.credentials.get` gave, and gives the tokens of a whole login; with a ticket it stands for the second factor.",
    body: {
      schema: open(
        { credential: credentialOf("An AuthenticationResponseJSON.") },
        {
          mfa_token: orNull(ticket),
          trust_device: orNull({ type: "boolean", description: "Whether to trust this device." }),
        },
      ),
    },
    replies: [{ status: 200, description: "The tokens.", schema: loginTokens }],
    errors: ["invalid_credentials", "invalid_token", "not_found"],
  },
  "POST /mfa/passkeys/options": {
    id: "offerPasskey",
    summary: "Gives what `navigator.credentials.create` takes.",
    body: { isOptional: true, schema: open({}, { mfa_token: orNull(ticket) }) },
    replies: [{ status: 200, description: "The options.", schema: registrationOptions }],
    errors: ["not_found"],
  },
  "POST /mfa/passkeys": {
    id: "addPasskey",
    summary: 'Takes the new passkey, and puts it in force: `{"id","name"}`.',
    body: {
      schema: closed(
        { credential: credentialOf("A RegistrationResponseJSON.") },
        {
          name: orNull(text("At most 60 characters.")),
          mfa_token: orNull(ticket),
        },
      ),
    },
    replies: [
      {
        status: 200,
        description:
          "The passkey, and recovery codes for a user who had none; with a ticket the tokens.",
        schema: { anyOf: [loginTokens, added] },
      },
    ],
    errors: ["not_found"],
  },
}
