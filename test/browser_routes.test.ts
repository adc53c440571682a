// The browser wing's route table in a literal, and in docs/browser.md: any change of protection
// shows here.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type BrowserParts, createBrowserRoutes } from "../src/browser_routes.ts"
import { type RouteParts, routes } from "../src/routes.ts"
import { readPage, tableOf } from "./support/page.ts"

const core = routes({ sessions: {}, issuer: null } as unknown as RouteParts).flat()
const wing = createBrowserRoutes({
  ...{ publicAddress: "https://login.example.org", name: "Home", hosts: [] },
  ...{ settings: {}, clock: {}, sessions: {} },
} as unknown as BrowserParts)
const rows = wing.groups(core).flat()

test("browserRoutes() are these, for these people", () => {
  assert.deepEqual(
    rows.map(([method, path, { access, takesBody }]) =>
      [method, path, `${access}${takesBody ? ", body" : ""}`].join(" "),
    ),
    [
      "GET /login anyone",
      "POST /login anyone; form: own page, body",
      "GET /continue anyone",
      "GET /logout anyone",
      "POST /logout anyone; form: own page, body",
      "GET /denied anyone",
      "GET /account login cookie",
      "POST /account/sessions/end own page, login cookie, body",
      "POST /account/logout-others own page, login cookie, body",
      "POST /password token, fresh; form: own page, login cookie, body",
      "GET /pages/{file} anyone",
      "GET /me token or cookie",
      "GET /sessions token or cookie",
      "DELETE /sessions token or cookie, fresh",
      "DELETE /sessions/{sid} token or cookie, fresh",
    ],
  )
})

test("browserRoutes() keep the limits of the routes whose place they take", () => {
  for (const [method, path, { limits }] of rows) {
    const replaced = core.find(([its, other]) => its === method && other === path)
    assert.deepEqual(limits, replaced?.[2].limits ?? [], path)
  }
})

test("browser.md lists the pages and forms", () => {
  const written = tableOf(readPage("docs/browser.md"), "Method").map((row) => row.slice(0, 3))
  assert.deepEqual(
    written,
    rows.map(([method, path, { access }]) => [method, `\`${path}\``, access]),
  )
})

test("groups() throws for a core without the routes that take forms", () => {
  assert.throws(() => wing.groups([]), {
    name: "TypeError",
    message: "There is no route 'POST /login' to add forms to",
  })
})
