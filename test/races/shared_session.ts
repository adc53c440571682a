// A session as the tabs of a browser share it: all of them know the newest refresh token, several
// send it at once, lose its answer and repeat it. They never send what is older than its parent,
// and the next only when the last was answered to all, so none of them may ever be refused.

import assert from "node:assert/strict"
import type { Answer } from "../support/http_client.ts"
import {
  type Connection,
  insist,
  isFinal,
  type Outgoing,
  openConnection,
  pause,
} from "./connection.ts"
import type { Tally } from "./tally.ts"

/** What a login, or another way to tokens, gave, and everything since. */
export interface SharedSession {
  readonly username: string
  readonly sid: string
  readonly tabs: readonly Connection[]
  /** Oldest first; the last one was never sent. */
  readonly refreshTokens: string[]
  readonly accessTokens: string[]
  /** The last answer came at this time of `performance.now()`. */
  lastUsedAt: number
}

/** How tabs behave. */
export interface Behaviour {
  readonly graceMillis: number
  readonly tally: Tally
  /** Called when all tabs have the next token, and are about to send that. */
  readonly answered: () => void
}

const lossRate = 0.4
const lateRate = 0.3
const lookRate = 0.3
/** A repetition this shortly before the window closes may come too late. */
const marginMillis = 700

/** Logs in, whatever it takes. */
export async function logIn(
  port: number,
  credentials: { readonly username: string; readonly password: string },
  tabCount: number,
): Promise<SharedSession> {
  const tabs = Array.from({ length: tabCount }, () => openConnection(port))
  const login: Outgoing = { method: "POST", path: "/login", json: credentials }
  const { status, body } = await insist(tabs[0] ?? assert.fail("no tab"), login)
  assert.equal(status, 200, JSON.stringify(body))
  const accessToken = String(body["access_token"])
  return {
    username: credentials.username,
    sid: String(payloadOf(accessToken)["sid"]),
    tabs,
    refreshTokens: [String(body["refresh_token"])],
    accessTokens: [accessToken],
    lastUsedAt: performance.now(),
  }
}

/** The claims of an access token. */
export function payloadOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())
}

/** A request with a refresh token, in the body or as Bearer, whichever it is today. */
export function refreshing(token: string): Outgoing {
  const form = Math.random() < 0.5 ? { token } : { json: { refresh_token: token } }
  return { method: "POST", path: "/refresh", ...form }
}

/** A request with an access token. */
export function looking(token: string | undefined): Outgoing {
  return { method: "GET", path: "/protected", token }
}

/** All tabs send the newest token. False when the session can't go on. */
export async function useNewest(session: SharedSession, behaviour: Behaviour): Promise<boolean> {
  const presented = session.refreshTokens.at(-1) ?? assert.fail("no token")
  const closes = performance.now() + behaviour.graceMillis
  const window = { presented, closes, until: closes - marginMillis, ...behaviour }
  const tries = session.tabs.map((tab) => present(tab, session, window))
  const outcomes = await Promise.all(tries)
  // Who had no answer, and one more, late: what they send is the parent by now.
  const late = session.tabs.filter(() => Math.random() < lateRate)
  outcomes.push(...(await Promise.all(late.map((tab) => present(tab, session, window)))))
  session.lastUsedAt = performance.now()
  if (outcomes.includes("refused")) return false
  if (outcomes.includes("late") || session.refreshTokens.at(-1) === presented) {
    behaviour.tally.overdue += 1
    return false
  }
  behaviour.answered()
  return Math.random() < lookRate ? look(session, behaviour) : true
}

interface Window extends Behaviour {
  readonly presented: string
  /** Until when it may be repeated: a little less than the grace since it was first sent. */
  readonly until: number
  /** When the grace is over at the earliest: what is answered later may be refused. */
  readonly closes: number
}

async function present(
  tab: Connection,
  session: SharedSession,
  { presented, until, closes, tally }: Window,
): Promise<"answered" | "refused" | "overdue" | "late"> {
  let lose = Math.random() < lossRate ? randomLoss() : undefined
  while (performance.now() < until) {
    const answer = await tab.send({ ...refreshing(presented), lose })
    if (answer === "lost") tally.lostAnswers += 1
    if (isFinal(answer)) {
      // On a busy machine the service may come to it long after it was sent.
      if (answer.status === 401 && performance.now() >= closes) return "late"
      return note(answer, session, { presented, tally })
    }
    // One that was lost on purpose is repeated at once, while the first may still be under way.
    if (lose === undefined) await pause()
    lose = undefined
  }
  return "overdue"
}

function randomLoss(): "sent" | "arrived" {
  return Math.random() < 0.5 ? "sent" : "arrived"
}

function note(
  { status, body }: Answer,
  session: SharedSession,
  { presented, tally }: { readonly presented: string; readonly tally: Tally },
): "answered" | "refused" {
  const { refreshTokens, accessTokens } = session
  const number = refreshTokens.indexOf(presented)
  if (status !== 200) {
    tally.falseLogouts.push(`token ${number} of ${session.sid}: ${status} ${body["msg"]}`)
    return "refused"
  }
  const successor = String(body["refresh_token"])
  const known = refreshTokens[number + 1]
  if (known === undefined) {
    assert.ok(!refreshTokens.includes(successor), "a token came back")
    refreshTokens.push(successor)
  } else {
    assert.ok(known === successor, `token ${number} of ${session.sid} has two successors`)
  }
  accessTokens.push(String(body["access_token"]))
  tally.refreshes += 1
  return "answered"
}

async function look(session: SharedSession, { tally }: Behaviour): Promise<boolean> {
  const [tab] = session.tabs
  const { status, body } = await insist(
    tab ?? assert.fail("no tab"),
    looking(session.accessTokens.at(-1)),
  )
  if (status !== 200) tally.falseLogouts.push(`access of ${session.sid}: ${status} ${body["msg"]}`)
  return status === 200
}
