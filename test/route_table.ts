// The route table as it is, in a literal: any change of protection shows here.

/** The rows: method, path, whom it admits, and whether it takes a body. */
export const table: readonly string[] = [
  "POST /login anyone, body",
  "POST /register anyone, body",
  "POST /refresh anyone, body",
  "POST /logout anyone, body",
  "GET /protected token",
  "GET /me token",
  "GET /sessions token",
  "DELETE /sessions token, fresh",
  "DELETE /sessions/{sid} token, fresh",
  "POST /password token, fresh, own factor, body",
  "POST /login/code anyone, body",
  "GET /mfa token, even before enrolment",
  "POST /mfa/totp token or mfa_token, fresh, own factor, even before enrolment, body",
  "POST /mfa/totp/confirm token or mfa_token, fresh, own factor, even before enrolment, body",
  "POST /mfa/recovery token, fresh, own factor",
  "DELETE /mfa/{id} token, fresh, own factor",
  "GET /revocations anyone",
  "GET /.well-known/jwks.json anyone",
  "GET /.well-known/oauth-authorization-server anyone",
  "GET /livez anyone",
  "GET /healthz anyone",
  "GET /readyz anyone",
  "GET /openapi.json anyone",
]
