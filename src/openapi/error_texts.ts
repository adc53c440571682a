// What each error code means. docs/api.md has the same texts.

import type { ErrorCode } from "../errors.ts"

/** When a code is answered. */
export const errorTexts: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "A body, header or member is missing or malformed.",
  password_blocked: "The new password is easy to guess. `msg` gives the reason.",
  invalid_credentials:
    "`/login`: the user is unknown, disabled or locked, or the password is wrong. `/login/passkey`: anything is wrong with the passkey. The answer is always the same.",
  invalid_code:
    "`/login/code`, `/login`, `/mfa/totp/confirm`: the code is wrong, was used before, or no code counts any more.",
  mfa_required:
    "`/login`: the password is right, and a second factor is due. The body has `mfa_token`, `methods` and `expires_in`, too.",
  mfa_enrolment_required:
    "`/login`: the password is right, and the user has to set up a second factor first. The body has the same members.",
  missing_token:
    "The request has no `Authorization: Bearer`. At `/refresh`: no refresh token. At `/logout` and `/login/code`: no token at all.",
  invalid_token:
    'The token is not accepted. `msg` says "Token has expired", "Token has been revoked", "Only non-refresh tokens are allowed", "Only refresh tokens are allowed", or "Invalid token" for all other faults.',
  insufficient_user_authentication:
    "The token is not fresh, the login was too long ago, or it lacks a second factor (RFC 9470). Log in again. At `/refresh`: the user has to set up a second factor first.",
  insufficient_scope: "The user lacks a role.",
  wrong_password: "`/password`: the current password is wrong. The token is valid.",
  access_denied:
    "`/mfa`: the last factor of a user who needs one. `/verify`: the user may not use this host, the host is not listed, or the sender is no trusted proxy.",
  not_found:
    "The path does not exist, the user has no such session or factor, or there are no passkeys at this address. At `/mfa/totp/confirm`: no secret waits for its first code.",
  method_not_allowed: "`Allow` lists the methods of the path.",
  request_timeout: "The request took too long to arrive.",
  username_taken:
    "`/register`, `/admin/users`: the name belongs to a user, belonged to a deleted user, or is reserved.",
  last_admin:
    "`/admin`: nobody would be left who is enabled, has a password, and has the role `admin`.",
  precondition_failed:
    "`/admin`: what `If-Match` names was changed meanwhile. Read it again. Nothing was changed.",
  content_too_large: "The body is longer than 16 KiB, or arrives in more than 256 pieces.",
  uri_too_long: "The request target is longer than 2 KiB.",
  unsupported_media_type: "The body is not JSON in UTF-8, or is compressed.",
  expectation_failed: "The request has an `Expect` header other than 100-continue.",
  misdirected_request: "`POSTERN_ALLOWED_HOSTS` does not contain the request's `Host`.",
  precondition_required:
    "`/admin`: the change needs `If-Match` with the `ETag` of what is to be changed.",
  too_many_requests:
    "Too many failures, logins, sign-ups or refreshes. `Retry-After` says when to try again.",
  header_fields_too_large: "The request has more than 100 headers, or more than 16 KiB of headers.",
  server_error: "Postern has a bug. `msg` has the request's id; look for this id in the log.",
  temporarily_unavailable:
    "The disk or a queue is full, the database does not answer, or Postern is not ready. Nothing was changed. `Retry-After` says when to try again.",
  http_version_not_supported: "The request is neither HTTP/1.1 nor HTTP/1.0.",
}
