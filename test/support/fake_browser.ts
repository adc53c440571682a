// A browser without a window, in front of a test service: it keeps the cookies of the login host,
// sends forms as browsers do, and follows redirects that stay on the host.

import assert from "node:assert/strict"
import type { Reply } from "../../src/http/message.ts"
import { checkPage, tagsOf } from "../pages/page_checks.ts"
import { loginAddress, type TestService } from "./test_service.ts"

const host = loginAddress.slice("https://".length)

/** What a request may have beside its path. */
export interface BrowserRequest {
  /** The fields of a form: sent by POST. */
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** A browser. */
export interface FakeBrowser {
  /** Its cookies by name. */
  readonly cookies: Map<string, string>
  /** Asks for a path, and does not follow. Checks each page. */
  ask(target: string, request?: BrowserRequest): Promise<Reply>
  /** The same, and follows redirects on the host. */
  open(target: string, request?: BrowserRequest): Promise<Reply>
  /** Sends a form that a page has, by the path of its action, with these fields filled in. */
  send(page: Reply, action: string, fields?: Readonly<Record<string, string>>): Promise<Reply>
}

/** Opens a browser. `address` is where its requests come from. */
export function openBrowser(service: TestService, address?: string): FakeBrowser {
  const cookies = new Map<string, string>()
  const browser: FakeBrowser = {
    cookies,
    async ask(target, { form, headers = {} } = {}) {
      const sent = new Map(Object.entries({ host, "sec-fetch-site": "same-origin", ...headers }))
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ")
      if (cookie !== "") sent.set("cookie", cookie)
      if (form !== undefined) sent.set("content-type", "application/x-www-form-urlencoded")
      const reply = await service.call(form === undefined ? "GET" : "POST", target, {
        headers: Object.fromEntries(sent),
        ...(form === undefined ? {} : { body: String(new URLSearchParams(form)) }),
        ...(address === undefined ? {} : { address }),
      })
      for (const one of reply.cookies ?? []) keep(one, cookies)
      checkReply(reply)
      return reply
    },
    async open(target, request) {
      let reply = await browser.ask(target, request)
      for (let steps = 0; reply.headers["Location"]?.startsWith("/"); steps += 1) {
        assert.ok(steps < 5, "a loop of redirects")
        reply = await browser.ask(reply.headers["Location"])
      }
      return reply
    },
    send(page, action, fields = {}) {
      return browser.open(action, { form: { ...fieldsOf(page, action), ...fields } })
    },
  }
  return browser
}

/** The fields of a page's form, as the browser would send them untouched. */
export function fieldsOf({ body }: Reply, action: string): Record<string, string> {
  const [form] = body.match(new RegExp(`<form[^>]*action="${action}"[\\s\\S]*?</form>`)) ?? []
  assert.ok(form, `The page has no form for ${action}`)
  const inputs = tagsOf(form).filter(({ name }) => name === "input")
  const sent = inputs.filter(
    ({ attributes }) => attributes["type"] !== "checkbox" || "checked" in attributes,
  )
  return Object.fromEntries(
    sent.map(({ attributes }) => [attributes["name"] ?? "", decode(attributes["value"] ?? "")]),
  )
}

/** Where a page sends the browser on to at once. */
export function nextOf({ headers }: Reply): string {
  const [, next = ""] = /^0; url=(.*)$/.exec(headers["Refresh"] ?? "") ?? []
  return next
}

/** The title of a page, without the name of the service. */
export function titleOf({ body }: Reply): string {
  return decode(/<title>(.*) – Home<\/title>/.exec(body)?.[1] ?? body)
}

function decode(text: string): string {
  const signs: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" }
  return text.replace(/&([a-z#0-9]+);/g, (_, name: string) => signs[name] ?? "")
}

function keep(cookie: string, cookies: Map<string, string>): void {
  const [, name = "", value = "", attributes = ""] = /^([^=]+)=([^;]*); (.*)$/.exec(cookie) ?? []
  // A browser drops a cookie with this prefix that has other attributes (RFC 6265bis §4.1.3.2).
  assert.match(name, /^__Host-/)
  assert.match(attributes, /^Path=\/; Secure; HttpOnly; SameSite=Lax(; Max-Age=\d+)?$/)
  if (attributes.endsWith("Max-Age=0")) cookies.delete(name)
  else cookies.set(name, value)
}

function checkReply({ status, headers, body, isPage }: Reply): void {
  const type = headers["Content-Type"] ?? ""
  if (type.startsWith("text/html")) {
    checkPage(body)
    assert.match(
      headers["Content-Security-Policy"] ?? "",
      /^default-src 'none'; style-src 'self'; /,
    )
  }
  if (type.startsWith("text/html") || status === 303) {
    assert.equal(headers["Cache-Control"], "no-store")
    assert.equal(headers["Referrer-Policy"], "same-origin")
    assert.equal(isPage, true)
  }
}
