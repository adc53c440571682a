// What the scripts for Node share: they are called with the issuer, the algorithm and tokens, and
// print a line for each token: "OK alice", or "refused" and why.

import { once } from "node:events"

/** The issuer, which is the audience too, the algorithm that is accepted, and where the keys are. */
export const [issuer, algorithm, ...tokens] = process.argv.slice(2)
export const keysUrl = `${issuer}/.well-known/jwks.json`

/** Prints what `verify` says to each token: it gives the claims, or throws. */
export async function judge(verify) {
  for (const token of tokens) {
    try {
      const { sub } = await verify(token)
      console.log(`OK ${sub}`)
    } catch (error) {
      console.log(`refused ${error.code ?? error.name}: ${error.message}`.replaceAll("\n", " "))
    }
  }
}

/** Does the same by requests to a web application, which answers the claims. */
export async function judgeRequests(listen) {
  const server = listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  await judge(async (token) => {
    const headers = { Authorization: `Bearer ${token}` }
    const response = await fetch(`http://127.0.0.1:${port}/claims`, { headers })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return response.json()
  })
  server.close()
}
