// The rows of the admin API are those of admin_route_table.ts. Without the setting there are none,
// and nothing of the API is loaded.

import assert from "node:assert/strict"
import { test } from "node:test"
import { shownPath } from "../../src/http/router.ts"
import { adminRows } from "../support/documented.ts"
import { createTestService } from "../support/test_service.ts"
import { adminRequests, adminTable, admitted } from "./admin_route_table.ts"

test("createAdminRoutes() has the rows of this list, with one guard before all", () => {
  assert.deepEqual(
    adminRows.map(
      ([method, path, { takesBody }]) => `${method} ${shownPath(path)}${takesBody ? " body" : ""}`,
    ),
    adminTable,
  )
  assert.deepEqual([...new Set(adminRows.map(([, , { access }]) => access))], [admitted])
})

test("createAdminRoutes() limits hashing, new secrets and searches", () => {
  const limited = adminRows.filter(([, , { limits }]) => limits.length > 0)
  assert.deepEqual(
    limited.map(([method, path]) => `${method} ${shownPath(path)}`),
    [
      ...["GET /admin/users", "POST /admin/users", "POST /admin/users/{username}/password"],
      ...["POST /admin/users/{username}/link", "POST /admin/tokens"],
    ],
  )
})

for (const browser of [undefined, []]) {
  test(`without the admin API its paths are unknown, pages ${browser ? "on" : "off"}`, async (t) => {
    const service = await createTestService(t, browser === undefined ? {} : { browser })
    await service.accounts.addRole("alice", "admin")
    const token = await service.logIn("alice", "wonderland")
    for (const { method, path } of adminRequests) {
      for (const one of [method, "OPTIONS"]) {
        const reply = await service.call(one, path, { token })
        assert.deepEqual([reply.status, JSON.parse(reply.body).error], [404, "not_found"], path)
      }
    }
    const { body } = await service.call("GET", "/openapi.json")
    assert.doesNotMatch(body, /\/admin/)
  })
}
