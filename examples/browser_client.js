// A client for a page: logs in, sends the access token, and refreshes it when it has expired. No
// dependencies. docs/sessions.md says where tokens are kept and why.
//
//   const client = createClient("https://login.example.org")
//   await client.logIn("alice", "wonderland")
//   const response = await client.fetch("https://api.example.org/reports")
//
// A refresh token works once. So one refresh runs at a time: requests of a page share it, and tabs
// take turns by a lock. The tab that comes second takes what the first one stored.

/** The session is over: ask for the password. */
export class LoggedOut extends Error {
  name = "LoggedOut"
}

/** Refresh this many seconds before the token expires, since requests take time. */
const marginSeconds = 20
const attemptsMax = 3

/**
 * Makes a client. `storage` keeps the refresh token and the device tokens, `locks` makes tabs take
 * turns, `wait` waits for so many milliseconds.
 */
export function createClient(
  address,
  {
    storage = globalThis.localStorage,
    locks = globalThis.navigator?.locks,
    wait = (millis) => new Promise((resolve) => setTimeout(resolve, millis)),
  } = {},
) {
  let access = null
  let refreshing = null

  async function post(path, body) {
    const response = await fetch(`${address}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    })
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json")
    return { response, answer: isJson ? await response.json() : {} }
  }

  function keep({ access_token, expires_in, refresh_token }) {
    access = { token: access_token, endsAt: performance.now() + expires_in * 1000 }
    storage.setItem("refresh_token", refresh_token)
    return access_token
  }

  function forget() {
    access = null
    storage.removeItem("refresh_token")
  }

  /** Repeats the same token when no answer came: within 30 seconds it gets the same successor. */
  async function refreshOnce() {
    for (let attempt = 1; ; attempt += 1) {
      const refreshToken = storage.getItem("refresh_token")
      if (refreshToken === null) throw new LoggedOut("There is no session")
      const sent = await post("/refresh", { refresh_token: refreshToken }).catch(() => null)
      if (sent?.response.ok) return keep(sent.answer)
      const status = sent?.response.status ?? 503
      if (status === 401) {
        forget()
        throw new LoggedOut("The session is over")
      }
      if (attempt === attemptsMax || ![429, 503].includes(status)) {
        throw new Error(`Can't refresh: status ${status}`)
      }
      await wait(Number(sent?.response.headers.get("Retry-After") ?? 1) * 1000)
    }
  }

  function refresh() {
    const run = () => (locks ? locks.request("postern-refresh", refreshOnce) : refreshOnce())
    refreshing ??= run().finally(() => {
      refreshing = null
    })
    return refreshing
  }

  async function accessToken() {
    const isGood = access !== null && access.endsAt - performance.now() > marginSeconds * 1000
    return isGood ? access.token : refresh()
  }

  return {
    /** Starts a session; throws with the service's own words when it refuses. */
    async logIn(username, password) {
      const name = `device_token of ${username}`
      const deviceToken = storage.getItem(name)
      const body = { username, password, ...(deviceToken ? { device_token: deviceToken } : {}) }
      const { response, answer } = await post("/login", body)
      if (!response.ok) throw new Error(answer.msg ?? `Can't log in: status ${response.status}`)
      storage.setItem(name, answer.device_token)
      keep(answer)
    },

    /** Like `fetch`, with the access token; refreshes once when the token is refused. */
    async fetch(url, options = {}) {
      const send = (token) => {
        const headers = new Headers(options.headers)
        headers.set("Authorization", `Bearer ${token}`)
        return fetch(url, { ...options, headers })
      }
      const response = await send(await accessToken())
      const challenge = response.headers.get("WWW-Authenticate") ?? ""
      const isRefused = response.status === 401 && challenge.includes("invalid_token")
      return isRefused ? send(await refresh()) : response
    },

    /** Ends the session; this page forgets it also when the service can't be reached. */
    async logOut() {
      const refreshToken = storage.getItem("refresh_token")
      forget()
      if (refreshToken !== null) await post("/logout", { refresh_token: refreshToken })
    },
  }
}
