// A client of a running service.

/** What an endpoint answered. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Sends POST /login. */
export async function postLogin(url: string, username: string, password: string): Promise<Answer> {
  const { status, body } = await call(url, "POST", "/login", { json: { username, password } })
  return { status, body }
}

/** Sends GET /protected with a token. */
export async function getProtected(url: string, token: unknown): Promise<Answer> {
  const { status, body } = await call(url, "GET", "/protected", { token })
  return { status, body }
}

/** Sends any request, with a token as Bearer and members as a JSON body; no body reads as empty. */
export async function call(
  url: string,
  method: string,
  path: string,
  sent: {
    readonly token?: unknown
    readonly json?: unknown
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): Promise<Answer & { readonly headers: Headers }> {
  const { token, json } = sent
  const headers = {
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(json === undefined ? {} : { "Content-Type": "application/json" }),
    ...sent.headers,
  }
  const body = json === undefined ? null : JSON.stringify(json)
  const response = await fetch(`${url}${path}`, { method, headers, body })
  const text = await response.text()
  const parsed = text === "" ? {} : (JSON.parse(text) as Answer["body"])
  return { status: response.status, headers: response.headers, body: parsed }
}
