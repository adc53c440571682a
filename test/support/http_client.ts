// A client of a running service.

/** What an endpoint answered. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Sends POST /login. */
export async function postLogin(url: string, username: string, password: string): Promise<Answer> {
  const response = await fetch(`${url}/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password }),
  })
  return answerOf(response)
}

/** Sends GET /protected with a token. */
export async function getProtected(url: string, token: unknown): Promise<Answer> {
  const headers = { Authorization: `Bearer ${token}` }
  return answerOf(await fetch(`${url}/protected`, { headers }))
}

async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as Answer["body"]
  return { status: response.status, body }
}
