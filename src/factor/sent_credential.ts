// Reads what a browser sends after a passkey ceremony (RegistrationResponseJSON and
// AuthenticationResponseJSON of WebAuthn L3), from any JSON value. Every text is measured before it
// is decoded, and has one spelling. Nothing here throws.

import { isJsonObject, type JsonObject, readJsonObject } from "../domain/strict_json.ts"

/** How browsers reach an authenticator (WebAuthn L3 §5.8.4); other words are left out. */
const knownTransports = ["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"]

/** The most characters of base64url. */
const charactersMax = {
  // 1023 bytes (WebAuthn L3 §5.1).
  id: 1364,
  // 64 bytes (WebAuthn L3 §5.4.3).
  userHandle: 86,
  clientDataJSON: 4096,
  // A credential id, an RSA key of 4096 bits and its signature take 2.3 KiB.
  attestationObject: 4096,
  authenticatorData: 1024,
  signature: 1024,
}

/** What is expected of a ceremony. */
export interface Ceremony {
  /** As it stood in the options. */
  readonly challenge: string
  /** Scheme, host and port of the page. */
  readonly origin: string
  readonly rpId: string
}

/** What comes with every credential, as base64url. */
export interface SentCredential {
  readonly id: string
  readonly clientDataJSON: string
}

/** A new passkey. */
export interface SentRegistration extends SentCredential {
  readonly attestationObject: string
  readonly transports: readonly string[]
}

/** A login by passkey. */
export interface SentLogin extends SentCredential {
  readonly authenticatorData: string
  readonly signature: string
}

/** Reads a new passkey; null if it is none. */
export function readRegistration(credential: unknown): SentRegistration | null {
  const common = readCommon(credential)
  const response = responseOf(credential)
  const attestationObject = readBase64url(response, "attestationObject")
  if (common === null || attestationObject === null) return null
  return { ...common, attestationObject, transports: transportsOf(response) }
}

/** Reads a login by passkey; null if it is none. */
export function readLogin(credential: unknown): SentLogin | null {
  const common = readCommon(credential)
  const response = responseOf(credential)
  const authenticatorData = readBase64url(response, "authenticatorData")
  const signature = readBase64url(response, "signature")
  if (common === null || authenticatorData === null || signature === null) return null
  const hasHandle = !isNothing(response["userHandle"])
  if (hasHandle && readBase64url(response, "userHandle") === null) return null
  return { ...common, authenticatorData, signature }
}

/** The id of the passkey that a credential names, as base64url; null if there is none. */
export function readCredentialId(credential: unknown): string | null {
  return isJsonObject(credential) ? readBase64url(credential, "id") : null
}

/** The handle of the user whom a passkey names, as base64url; null if it names none. */
export function readUserHandle(credential: unknown): string | null {
  return readBase64url(responseOf(credential), "userHandle")
}

/** The challenge that a credential answers, as it says; null if there is none. */
export function readChallenge(credential: unknown): string | null {
  const text = readBase64url(responseOf(credential), "clientDataJSON")
  const { challenge } = readClientData(text ?? "")
  return typeof challenge === "string" ? challenge : null
}

/**
 * Whether a credential was made in a ceremony: of that type, with that challenge, on that origin,
 * and not in a frame of another site (WebAuthn L3 §7.1, §7.2).
 */
export function isOfCeremony(
  { clientDataJSON }: SentCredential,
  type: "webauthn.create" | "webauthn.get",
  { challenge, origin }: Ceremony,
): boolean {
  const { crossOrigin = false, ...said } = readClientData(clientDataJSON)
  return (
    said["type"] === type &&
    said["challenge"] === challenge &&
    said["origin"] === origin &&
    crossOrigin === false &&
    said["topOrigin"] === undefined
  )
}

const nothing: JsonObject = {}

function responseOf(credential: unknown): JsonObject {
  const response = isJsonObject(credential) ? credential["response"] : null
  return isJsonObject(response) ? response : nothing
}

function readCommon(credential: unknown): SentCredential | null {
  const id = readCredentialId(credential)
  const clientDataJSON = readBase64url(responseOf(credential), "clientDataJSON")
  if (id === null || clientDataJSON === null) return null
  const { rawId, type } = credential as JsonObject
  return rawId === id && type === "public-key" ? { id, clientDataJSON } : null
}

function readBase64url(object: JsonObject, name: keyof typeof charactersMax): string | null {
  const text = object[name]
  if (typeof text !== "string" || text === "" || text.length > charactersMax[name]) return null
  return Buffer.from(text, "base64url").toString("base64url") === text ? text : null
}

// Browsers leave the handle out, or send nothing in its place.
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === ""
}

// A member that stands twice would be read in two ways, so such data counts as none.
function readClientData(text: string): JsonObject {
  try {
    return readJsonObject(Buffer.from(text, "base64url")).value
  } catch {
    return nothing
  }
}

function transportsOf({ transports }: JsonObject): readonly string[] {
  if (!Array.isArray(transports)) return []
  return knownTransports.filter((known) => transports.includes(known))
}
