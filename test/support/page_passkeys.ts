// Passkeys on pages, by the software authenticator and what the pages' script does.

import assert from "node:assert/strict"
import type { LoginOptions, RegistrationOptions } from "../../src/factor/passkey_options.ts"
import type { Reply } from "../../src/http/message.ts"
import type { Authenticator, WrongLogin, WrongRegistration } from "./authenticator.ts"
import { type FakeBrowser, fieldsOf } from "./fake_browser.ts"

/** Where a passkey is used in the place of the password, and after it. */
export const loginPath = "/login/passkey"

/** Fields of a form that a person or the script fills in. */
interface Filled {
  readonly stay?: string
  readonly trust?: string
  readonly name?: string
}

/** The options that a page's script asks for, with the fields of its form. */
export async function optionsOn<T = LoginOptions>(
  browser: FakeBrowser,
  page: Reply,
  path: string = loginPath,
): Promise<T> {
  const reply = await browser.ask(`${path}/options`, { form: fieldsOf(page, path) })
  assert.equal(reply.status, 200, reply.body)
  assert.match(reply.headers["Content-Type"] ?? "", /^application\/json/)
  return JSON.parse(reply.body)
}

/** Uses a passkey on a page. */
export async function usePasskeyOn(
  browser: FakeBrowser,
  page: Reply,
  authenticator: Authenticator,
  { stay, trust, ...wrong }: WrongLogin & Filled = {},
): Promise<Reply> {
  const answer = authenticator.get(await optionsOn(browser, page), wrong)
  const ticked = { ...(stay && { stay }), ...(trust && { trust }) }
  const sent = { ...fieldsOf(page, loginPath), ...ticked, credential: JSON.stringify(answer) }
  return browser.ask(loginPath, { form: sent })
}

/** Makes a passkey on a page. */
export async function makePasskeyOn(
  browser: FakeBrowser,
  { page, path, name }: { readonly page: Reply; readonly path: string } & Filled,
  authenticator: Authenticator,
  wrong: WrongRegistration = {},
): Promise<Reply> {
  const options = await optionsOn<RegistrationOptions>(browser, page, path)
  const credential = JSON.stringify(authenticator.create(options, wrong))
  const named = name === undefined ? {} : { name }
  return browser.ask(path, { form: { ...fieldsOf(page, path), ...named, credential } })
}
