// Warnings at the start about settings that work but may be mistaken.

import { isLoopback } from "../system/address.ts"
import { browserNotices } from "./browser.ts"
import { isPlainInNetwork } from "./issuer.ts"
import { type SettingValues, settingNames } from "./settings.ts"
import type { Environment } from "./texts.ts"

/** The warnings. `values` have no mistake; `issuer` is the `iss` of published tokens. */
export function noticesOf(
  environment: Environment,
  values: SettingValues,
  issuer: string | undefined,
): readonly string[] {
  const notices = [
    issuerNotice(values, issuer),
    ...sharedNotices(values),
    previousSecretNotice(values),
    lifeNotice(environment, values),
    networkNotice(values),
    ...browserNotices(values),
    ...unreadNames(environment),
  ]
  return notices.filter((one) => one !== null)
}

// Others reach the service under another address than its tokens say, or without TLS.
function issuerNotice(values: SettingValues, issuer: string | undefined): string | null {
  if (values.issuer !== null && isPlainInNetwork(values.issuer)) {
    return "POSTERN_ISSUER is http: anybody in that network can read passwords and tokens, and give false keys to verifiers. Use https, unless only a TLS proxy and your own services are in it"
  }
  if (values.issuer !== null || issuer === undefined || isLoopback(values.host)) return null
  return `POSTERN_ISSUER is not set: tokens name ${issuer}, which other machines can't reach. Set it to the public address`
}

// By default a Flask app's tokens have neither `iss` nor `aud`.
function sharedNotices(values: SettingValues): readonly string[] {
  if (values.secretKey === null) return []
  const names = [
    ["iss", "POSTERN_ISSUER", values.issuer, values.encodeIssuer ?? values.decodeIssuer],
    ["aud", "POSTERN_AUDIENCE", values.audience, values.encodeAudience ?? values.decodeAudience],
  ] as const
  return names.flatMap(([claim, name, own, library]) =>
    own === null || library !== null
      ? []
      : `${name} is set together with JWT_SECRET_KEY: tokens without '${claim}', such as a Flask app's own, are refused`,
  )
}

// Who knows the previous secret can sign tokens for as long as it is set.
function previousSecretNotice({ previousSecretKey }: SettingValues): string | null {
  if (previousSecretKey === null) return null
  return "JWT_SECRET_KEY_PREVIOUS is set: its tokens are accepted, also new ones. Unset it when every app signs with JWT_SECRET_KEY and the older tokens have expired"
}

// The session ends before the refresh token would.
function lifeNotice(
  { JWT_REFRESH_TOKEN_EXPIRES: asked }: Environment,
  { refreshTtlSeconds, sessionMaxAgeSeconds }: SettingValues,
): string | null {
  if (!asked || refreshTtlSeconds <= sessionMaxAgeSeconds) return null
  return `JWT_REFRESH_TOKEN_EXPIRES is ${asked}, but POSTERN_SESSION_MAX_AGE ends sessions earlier`
}

// This setting does nothing without https.
function networkNotice({ includeSubdomains, issuer }: SettingValues): string | null {
  if (includeSubdomains === "off" || issuer?.startsWith("https:")) return null
  return "POSTERN_HSTS_INCLUDE_SUBDOMAINS does nothing: POSTERN_ISSUER is not an https address"
}

// Perhaps a typing mistake, perhaps another program's setting: no reason to stop.
function unreadNames(environment: Environment): readonly string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith("JWT_") && !settingNames.includes(name))
    .map(
      (name) =>
        `${name} is set, but Postern has no such setting; 'postern help settings' lists them`,
    )
}
