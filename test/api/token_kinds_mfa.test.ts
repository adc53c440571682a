// T-09 with second factors: every kind of token there is, sent to every place that takes a token or
// a code. Each place takes its own kind, and refuses all others with the same words.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { cookieNames } from "../../src/http/cookies.ts"
import type { Reply } from "../../src/http/message.ts"
import { assertRefused, takeEvents } from "../support/api_scenario.ts"
import { openBrowser } from "../support/fake_browser.ts"
import type { TestApp } from "../support/second_factor.ts"
import { createTestService, type TestService } from "../support/test_service.ts"
import { alice, bob, enrolAlice, isOver, ticketOf, wrongCode } from "./mfa_calls.ts"
import { guardedRoutes, machineRefusal, machineRoutes } from "./token_rows.ts"

const invalid = [401, "invalid_token", "Invalid token"] as const
const requirement = { kind: "role", role: "admin" } as const

interface AllKinds {
  readonly service: TestService
  readonly app: TestApp
  readonly kinds: Readonly<Record<string, string>>
}

/** A service with one token of each kind. alice has an app; bob has to set one up. */
async function createAllKinds(t: TestContext): Promise<AllKinds> {
  const options = { browser: [], trustSeconds: 86_400, requirement }
  const service = await createTestService(t, options)
  const { accounts, links } = service
  const app = await enrolAlice({ service })
  await accounts.addRole("bob", "admin")
  const json = { ...alice, code: app.code(), trust_device: true }
  const given = JSON.parse((await service.call("POST", "/login", { json })).body)
  const usedTicket = await ticketOf(service)
  const sent = { mfa_token: usedTicket, code: app.recoveryCodes[0] }
  assert.equal((await service.call("POST", "/login/code", { json: sent })).status, 200)
  const passkeyOptions = await service.call("POST", "/login/passkey/options")
  const [ofAlice, ofBob] = [openBrowser(service), openBrowser(service)]
  await ofAlice.open("/login", { form: alice })
  await ofBob.open("/login", { form: bob })
  await accounts.create({ username: "carol", password: "korrekt-pferd-batterie" })
  const carols = openBrowser(service)
  await carols.open("/login", { form: { username: "carol", password: "korrekt-pferd-batterie" } })
  const kinds: Record<string, string | undefined> = {
    "access token": given.access_token,
    "refresh token": given.refresh_token,
    "device token": given.device_token,
    "trust token": given.trust_token,
    ticket: await ticketOf(service),
    "ticket to enrol": await ticketOf(service, bob),
    "used ticket": usedTicket,
    "ticket of a page": ofAlice.cookies.get(cookieNames.factor),
    "ticket to enrol of a page": ofBob.cookies.get(cookieNames.factor),
    "login cookie": carols.cookies.get(cookieNames.session),
    "device cookie": carols.cookies.get(cookieNames.devices),
    "link to reset": tokenIn((await links.reset("carol")).url),
    "link to join": tokenIn((await links.invite("dora")).url),
    challenge: JSON.parse(passkeyOptions.body).challenge,
    "recovery code": app.recoveryCodes[1],
    "service token": (await service.serviceTokens.create({ name: "ci", roles: "" })).token,
    "sealed secret": (await service.store.users.find("alice"))?.factors?.totp?.sealedSecret,
    "name of a factor": (await service.store.users.find("alice"))?.factors?.totp?.id,
  }
  for (const [kind, text] of Object.entries(kinds)) assert.ok(text, kind)
  takeEvents(service)
  return { service, app, kinds: kinds as Record<string, string> }
}

function tokenIn(url: string): string {
  return url.slice(url.indexOf("pti_"))
}

interface Place {
  readonly send: (token: string, all: AllKinds) => Promise<Reply>
  /** The kinds that belong there. */
  readonly takes: readonly string[]
  readonly refusal: readonly [status: number, error: string, msg: string]
  /** Events of a refusal. */
  readonly events?: (kind: string) => readonly string[]
}

const byTicket = (path: string, more: (all: AllKinds) => object = () => ({})): Place["send"] => {
  return (token, all) =>
    all.service.call("POST", path, { json: { mfa_token: token, ...more(all) } })
}
const withCode = ({ app }: AllKinds) => ({ code: app.codeIn(30) })
const refused = (reason: string) => () => [`refresh.refused ${reason}`]

const places: Readonly<Record<string, Place>> = {
  "POST /login/code, as mfa_token": {
    send: byTicket("/login/code", withCode),
    takes: ["ticket"],
    refusal: isOver,
  },
  "POST /login/code, as Bearer": {
    send: (token, all) => all.service.call("POST", "/login/code", { token, json: withCode(all) }),
    takes: ["access token"],
    refusal: invalid,
  },
  "POST /login/code, as code": {
    send: async (code, { service, kinds }) =>
      service.call("POST", "/login/code", { json: { mfa_token: kinds["ticket"], code } }),
    takes: ["recovery code"],
    refusal: wrongCode,
  },
  "POST /mfa/totp, as mfa_token": {
    send: byTicket("/mfa/totp"),
    takes: ["ticket to enrol"],
    refusal: isOver,
  },
  "POST /mfa/totp/confirm, as mfa_token": {
    send: byTicket("/mfa/totp/confirm", withCode),
    takes: ["ticket to enrol"],
    refusal: isOver,
  },
  "POST /mfa/passkeys/options, as mfa_token": {
    send: byTicket("/mfa/passkeys/options"),
    takes: ["ticket to enrol"],
    refusal: isOver,
  },
  "POST /mfa/passkeys, as mfa_token": {
    send: byTicket("/mfa/passkeys", () => ({ credential: {}, name: "Key" })),
    takes: ["ticket to enrol"],
    refusal: isOver,
  },
  "POST /login/passkey, as mfa_token": {
    send: byTicket("/login/passkey", () => ({ credential: {} })),
    takes: ["ticket"],
    refusal: isOver,
  },
  "POST /login/passkey/options, as mfa_token": {
    send: byTicket("/login/passkey/options"),
    takes: ["ticket"],
    refusal: isOver,
  },
  "POST /refresh, as refresh_token": {
    send: (token, { service }) =>
      service.call("POST", "/refresh", { json: { refresh_token: token } }),
    takes: ["refresh token", "access token"],
    refusal: invalid,
    events: refused("invalid"),
  },
  "POST /refresh, as Bearer": {
    send: (token, { service }) => service.call("POST", "/refresh", { token }),
    takes: ["refresh token", "access token"],
    refusal: invalid,
    events: refused("invalid"),
  },
  ...Object.fromEntries(
    guardedRoutes.map((route): [string, Place] => {
      const [method = "", path = ""] = route.replace(/\{s?id\}/, "A".repeat(22)).split(" ")
      return [
        `${route}, as Bearer`,
        {
          send: (token, { service }) => service.call(method, path, { token }),
          takes: ["access token", ...(machineRoutes.includes(route) ? ["service token"] : [])],
          refusal: invalid,
        },
      ]
    }),
  ),
}

/** Places of which a guard says that they take no service tokens. */
const ofGuards = guardedRoutes.map((route) => `${route}, as Bearer`)

for (const [name, { send, takes, refusal, events = () => [] }] of Object.entries(places)) {
  test(`${name} takes nothing but ${takes.join(" and ")}`, async (t) => {
    const all = await createAllKinds(t)
    const { service, kinds } = all
    const state = async () => ({
      users: await service.store.users.list(),
      alices: await service.store.sessions.list("alice"),
      bobs: await service.store.sessions.list("bob"),
    })
    const before = await state()
    for (const [kind, token] of Object.entries(kinds).filter(([kind]) => !takes.includes(kind))) {
      const isMachine = kind === "service token" && ofGuards.includes(name)
      assertRefused(await send(token, all), isMachine ? machineRefusal : refusal)
      assert.deepEqual(takeEvents(service), events(kind), kind)
    }
    assert.deepEqual(await state(), before)
    for (const kind of takes.filter(
      (one) => one !== "access token" || !name.includes("/refresh"),
    )) {
      const { body } = await send(kinds[kind] ?? "", all)
      assert.notEqual(JSON.parse(body || "{}").msg, refusal[2], `${kind}: ${body}`)
    }
  })
}

test("POST /logout ends nothing by any kind but access and refresh tokens", async (t) => {
  const { service, kinds } = await createAllKinds(t)
  const before = await service.store.sessions.list("alice")
  for (const [kind, token] of Object.entries(kinds)) {
    if (kind === "access token" || kind === "refresh token") continue
    const members = ["refresh_token", "access_token", "token"]
    for (const place of [{ token }, ...members.map((name) => ({ json: { [name]: token } }))]) {
      assert.equal((await service.call("POST", "/logout", place)).status, 204, kind)
    }
  }
  assert.deepEqual(takeEvents(service), [])
  assert.deepEqual(await service.store.sessions.list("alice"), before)
})

test("POST /login takes no kind but its own in place of the factor", async (t) => {
  const { service, kinds } = await createAllKinds(t)
  for (const [kind, token] of Object.entries(kinds)) {
    for (const member of ["trust_token", "device_token", "mfa_token", "refresh_token"]) {
      if (kind === "trust token" && member === "trust_token") continue
      const reply = await service.call("POST", "/login", { json: { ...alice, [member]: token } })
      assert.equal(JSON.parse(reply.body).error, "mfa_required", `${kind} as ${member}`)
    }
  }
})

test("no page takes another kind for its cookie", async (t) => {
  const { service, kinds } = await createAllKinds(t)
  const ownPlaces: Readonly<Record<string, string>> = {
    [cookieNames.session]: "login cookie",
    [cookieNames.factor]: "ticket of a page",
  }
  for (const [name, own] of Object.entries(ownPlaces)) {
    for (const [kind, token] of Object.entries(kinds).filter(([kind]) => kind !== own)) {
      const browser = openBrowser(service)
      browser.cookies.set(name, token)
      for (const path of ["/account", "/login/code"]) {
        const { status, headers } = await browser.ask(path)
        const place = headers["Location"] ?? ""
        const isEnrolment = kind.startsWith("ticket to enrol of") && name === cookieNames.factor
        if (isEnrolment && path === "/login/code") assert.match(place, /^\/login\/enrol/)
        else assert.match(`${status} ${place}`, /^303 \/login(?:$|\?)/, `${kind} as ${name}`)
      }
    }
  }
  const me = await service.call("GET", "/me", {
    headers: {
      cookie: `${cookieNames.session}=${kinds["ticket"]}`,
      "sec-fetch-site": "same-origin",
    },
  })
  assert.equal(me.status, 401)
})
