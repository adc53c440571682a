// examples/browser_client.js against a service: requests share one refresh, tabs take turns, and a
// lost answer is asked for again.

import assert from "node:assert/strict"
import { before, type TestContext, test } from "node:test"
import { postLogin } from "../support/http_client.ts"
import { bundlePostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

interface Client {
  logIn(username: string, password: string): Promise<void>
  fetch(url: string, options?: RequestInit): Promise<Response>
  logOut(): Promise<void>
}

/** What the example needs of a browser. */
interface Browser {
  readonly storage: {
    getItem(name: string): string | null
    setItem(name: string, value: string): void
    removeItem(name: string): void
  }
  readonly locks: { request<T>(name: string, run: () => Promise<T>): Promise<T> }
  readonly wait: (millis: number) => Promise<void>
}

const script = new URL("../../examples/browser_client.js", import.meta.url).href
const { createClient, LoggedOut } = (await import(script)) as {
  readonly createClient: (address: string, browser: Browser) => Client
  readonly LoggedOut: new () => Error
}

/** One storage and one lock, which all tabs of a browser share. */
function openBrowser(): Browser & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>()
  let last: Promise<unknown> = Promise.resolve()
  return {
    kept,
    storage: {
      getItem: (name) => kept.get(name) ?? null,
      setItem(name, value) {
        kept.set(name, value)
      },
      removeItem(name) {
        kept.delete(name)
      },
    },
    locks: {
      request(_name, run) {
        const turn = last.then(run)
        last = turn.catch(() => {})
        return turn
      },
    },
    wait: async () => {},
  }
}

let program: readonly string[] = []
before((t) => {
  program = bundlePostern(t as TestContext)
})

/** A service whose access tokens are too short-lived to be used twice, and what was asked of it. */
async function openService(t: TestContext) {
  const settings = {
    POSTERN_DATA_DIR: temporaryDirectory(t),
    POSTERN_SEED_USERS: "alice:wonderland",
    JWT_ACCESS_TOKEN_EXPIRES: "10",
  }
  const service = await startPostern(t, settings, ["serve"], program)
  const asked: string[] = []
  const sent = globalThis.fetch
  t.after(() => {
    globalThis.fetch = sent
  })
  globalThis.fetch = (address, options) => {
    asked.push(new URL(String(address)).pathname)
    return sent(address, options)
  }
  return { url: service.url, asked, sent }
}

test("the browser client refreshes once for many requests of a page", async (t) => {
  const { url, asked } = await openService(t)
  const browser = openBrowser()
  const client = createClient(url, browser)
  await client.logIn("alice", "wonderland")
  const first = browser.kept.get("refresh_token")
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => client.fetch(`${url}/protected`)),
  )
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
  assert.equal(asked.filter((path) => path === "/refresh").length, 1)
  assert.notEqual(browser.kept.get("refresh_token"), first)
})

test("the browser client lets tabs take turns, and each sends the newest token", async (t) => {
  const { url, asked } = await openService(t)
  const browser = openBrowser()
  const tabs = Array.from({ length: 4 }, () => createClient(url, browser))
  await tabs[0]?.logIn("alice", "wonderland")
  const replies = await Promise.all(tabs.map((tab) => tab.fetch(`${url}/me`)))
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  assert.equal(asked.filter((path) => path === "/refresh").length, 4)
})

test("the browser client sends a refresh token again when no answer came", async (t) => {
  const { url, asked, sent } = await openService(t)
  const browser = openBrowser()
  const client = createClient(url, browser)
  await client.logIn("alice", "wonderland")
  let lost = 0
  const counted = globalThis.fetch
  globalThis.fetch = async (address, options) => {
    const response = await counted(address, options)
    if (!String(address).endsWith("/refresh") || lost === 1) return response
    lost += 1
    throw new TypeError("The answer was lost")
  }
  assert.equal((await client.fetch(`${url}/protected`)).status, 200)
  globalThis.fetch = sent
  assert.equal(asked.filter((path) => path === "/refresh").length, 2)
})

test("the browser client sends its device token, and forgets a session that is over", async (t) => {
  const { url } = await openService(t)
  const browser = openBrowser()
  const client = createClient(url, browser)
  await client.logIn("alice", "wonderland")
  const device = browser.kept.get("device_token of alice")
  assert.match(device ?? "", /^ptd_/)
  const refreshToken = browser.kept.get("refresh_token")
  await client.logOut()
  assert.deepEqual([...browser.kept.keys()], ["device_token of alice"])
  await assert.rejects(client.fetch(`${url}/protected`), LoggedOut)

  browser.kept.set("refresh_token", refreshToken ?? "")
  await assert.rejects(client.fetch(`${url}/protected`), { message: "The session is over" })
  assert.equal(browser.kept.has("refresh_token"), false)
  await assert.rejects(client.logIn("alice", "wrong"), { message: "Bad username or password" })
  assert.equal((await postLogin(url, "alice", "wonderland")).status, 200)
})
