// The rows of the admin API as they are, in a literal: any change of protection shows here.

/** Whom every row admits. */
export const admitted = "token, fresh, role admin, own factor"

/** The rows: method, path, and whether it takes a body. */
export const adminTable: readonly string[] = [
  "GET /admin/users",
  "POST /admin/users body",
  "GET /admin/users/{username}",
  "DELETE /admin/users/{username}",
  "POST /admin/users/{username}/password body",
  "POST /admin/users/{username}/link body",
  "POST /admin/users/{username}/disable",
  "POST /admin/users/{username}/enable",
  "POST /admin/users/{username}/logout",
  "POST /admin/users/{username}/unlock",
  "GET /admin/users/{username}/lock",
  "PUT /admin/users/{username}/roles/{role}",
  "DELETE /admin/users/{username}/roles/{role}",
  "PUT /admin/users/{username}/claims/{claim} body",
  "DELETE /admin/users/{username}/claims/{claim}",
  "GET /admin/users/{username}/factors",
  "DELETE /admin/users/{username}/factors",
  "DELETE /admin/users/{username}/factors/{method}",
  "GET /admin/users/{username}/sessions",
  "DELETE /admin/sessions/{sid}",
  "DELETE /admin/reserved/{username}",
  "GET /admin/keys",
  "POST /admin/keys/rotate",
  "DELETE /admin/keys/{kid}",
  "GET /admin/tokens",
  "POST /admin/tokens body",
  "DELETE /admin/tokens/{name}",
]

/** What changes needs no If-Match: what is new, and what nobody can change but end. */
export const unconditional: readonly string[] = [
  ...["POST /admin/users", "DELETE /admin/sessions/{sid}", "DELETE /admin/reserved/{username}"],
  ...["POST /admin/tokens", "DELETE /admin/tokens/{name}"],
]

/** A request of each row: its method, a path, and whether it changes what an ETag names. */
export const adminRequests = adminTable.map((row) => {
  const [method = "", route = "", body] = row.split(" ")
  const samples: Record<string, string> = {
    ...{ username: "alice", role: "editor", claim: "tenant", method: "otp" },
  }
  const path = route.replace(/\{(\w+)\}/g, (_, name) => samples[name] ?? "AAAA")
  const isConditional = method !== "GET" && !unconditional.includes(`${method} ${route}`)
  return { method, route, path, takesBody: body === "body", isConditional }
})
