// The authenticator app of a test's user.

import assert from "node:assert/strict"
import { codeOf, stepAt } from "../../src/factor/totp.ts"
import type { Reply } from "../../src/http/message.ts"
import type { TestService } from "./test_service.ts"

/** An app, and the recovery codes that came with it. */
export interface TestApp {
  /** The code that it shows now. */
  code(): string
  /** The code of the next half minute: none counts twice. */
  nextCode(): string
  /** The code that it shows in so many seconds. */
  codeIn(seconds: number): string
  /** A code that it does not show within two minutes; another one for each number. */
  wrongCode(number?: number): string
  readonly recoveryCodes: readonly string[]
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/** Reads Base32. */
export function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0"))
  return Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** The code of a secret for the half minute of an instant. */
export function codeFor(secret: string, now: number): string {
  return codeOf(fromBase32(secret.replace(/\s/g, "")), stepAt(now))
}

/** An app with a secret as pages and replies show it. */
export function appWith(
  secret: string,
  { clock }: Pick<TestService, "clock">,
  recoveryCodes: readonly string[] = [],
): TestApp {
  const code = () => codeFor(secret, clock.now())
  const nextCode = () => {
    clock.advance(30)
    return code()
  }
  const codeIn = (seconds: number) => codeFor(secret, clock.now() + seconds)
  const wrongCode = (number = 0) => {
    const shown = [-120, -90, -60, -30, 0, 30, 60, 90, 120].map(codeIn)
    const isWrong = (text: string) => !shown.includes(text)
    const texts = Array.from({ length: 10 }, (_, index) => String(number * 10 + index))
    return texts.map((text) => text.padStart(6, "0")).find(isWrong) ?? assert.fail()
  }
  return { code, nextCode, codeIn, wrongCode, recoveryCodes }
}

/** Sets up an app for a user over JSON. */
export async function setUpApp(
  service: TestService,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<TestApp> {
  const token = await service.logIn(username, password)
  const offered = await service.call("POST", "/mfa/totp", { token })
  const { secret } = JSON.parse(offered.body)
  const json = { code: appWith(secret, service).code() }
  const confirmed = await service.call("POST", "/mfa/totp/confirm", { token, json })
  assert.equal(confirmed.status, 200, confirmed.body)
  await service.call("POST", "/logout", { token })
  return appWith(secret, service, JSON.parse(confirmed.body).recovery_codes)
}

/** The app that a page offers. */
export function appOn({ body }: Reply, service: Pick<TestService, "clock">) {
  const [, secret = ""] = /<span class="secret">([A-Z2-7 ]+)</.exec(body) ?? []
  return appWith(secret, service)
}

/** Where the button of the page with the codes leads, and the codes. */
export function codesOn({ body }: Reply) {
  const [, next = ""] = /<a class="button" href="([^"]*)">I have saved them/.exec(body) ?? []
  const codes = [...body.matchAll(/<li>(\d-[A-Z2-7-]+)<\/li>/g)].map(([, code]) => code ?? "")
  return { next: next.replaceAll("&amp;", "&"), codes }
}
