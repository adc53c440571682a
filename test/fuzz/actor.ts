// Alice, who logs in again whenever something that was tried has ended her session, and what is
// looked at after each of her requests.

import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import { errorCodes } from "../../src/errors.ts"
import type { Reply } from "../../src/http/message.ts"
import { claimsOf } from "../support/api_scenario.ts"
import { type CallOptions, createTestService, type TokenBody } from "../support/test_service.ts"

const secondsUntilForgotten = 90_000
/** Of earlier sessions, to look for. */
const tokensKept = 3

/** Stands in each password and token that is made up, and in nothing else. */
export const canary = "kingfisher"

/** A route, with `{sid}` for her session. */
export interface Row {
  readonly method: string
  readonly path: string
}

/** Her, and her service. */
export interface Actor {
  readonly tokens: () => TokenBody
  /** Sends a request and holds that its reply is in order. */
  readonly send: (row: Row, options: CallOptions) => Promise<Reply>
  /** Logs her in again if need be. */
  readonly goOn: () => Promise<void>
  /** Holds that nothing went wrong inside, and that the new log lines have nothing secret. */
  readonly assertQuiet: () => void
}

/** Makes a service in which she is logged in. */
export async function createActor(t: TestContext): Promise<Actor> {
  const service = await createTestService(t, { registration: true })
  const { clock, log } = service
  let tokens = await service.start("alice", "wonderland")
  const given = [tokens]
  let requests = 0
  return {
    tokens: () => tokens,
    async send({ method, path }, options) {
      const sid = String(claimsOf(tokens.access_token)["sid"])
      requests += 1
      // Now and then the same one again, which is told to wait.
      const address = `10.0.${requests % 200}.${requests % 7}`
      const sent = { address, ...options }
      const reply = await service.call(method, path.replace(/\{s?id\}/, sid), sent)
      assertReply(reply)
      return reply
    },
    async goOn() {
      clock.advance(1)
      const { status } = await service.call("GET", "/me", { token: tokens.access_token })
      if (status === 200) return
      // Whatever was counted against her is forgotten by then.
      clock.advance(secondsUntilForgotten)
      tokens = await service.start("alice", "wonderland")
      given.unshift(tokens)
      given.splice(tokensKept)
    },
    assertQuiet() {
      assert.deepEqual(
        log.events.splice(0).filter(({ level }) => level === "error"),
        [],
      )
      const text = log.lines.splice(0).join("")
      assert.notEqual(text, "")
      const secrets = given.flatMap((one) => [one.access_token, one.refresh_token.slice(34)])
      for (const secret of [...secrets, canary, "wonderland", "builder"]) {
        assert.ok(!text.includes(secret), secret)
      }
    },
  }
}

function assertReply({ status, headers, body }: Reply): void {
  assert.ok(status < 500 || status === 503, `${status} ${body}`)
  assert.ok(!body.includes(canary), body)
  if (status < 400) return
  const { error, msg, ...more } = JSON.parse(body)
  assert.ok(errorCodes.includes(error), body)
  assert.match(msg, /^[ -~]{4,200}$/)
  assert.deepEqual(more, {})
  assert.equal(headers["Cache-Control"], "no-store")
  assert.equal(headers["Retry-After"] !== undefined, status === 429 || status === 503)
  // The token is good where only the current password is wrong.
  const isChallenged = status === 401 || (status === 403 && error !== "wrong_password")
  assert.equal(headers["WWW-Authenticate"] !== undefined, isChallenged)
}
