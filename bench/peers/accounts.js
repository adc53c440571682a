// What every peer knows: the users of the file that USERS_FILE names, the secret, and how a
// password is checked, with Postern's hash function and parameters (they stand in the hash).

import { readFileSync } from "node:fs"
import { verify } from "@node-rs/argon2"

const users = new Map(Object.entries(JSON.parse(readFileSync(process.env.USERS_FILE, "utf8"))))
const [anyHash] = users.values()

/** The shared secret, as text. */
export const secret = process.env.JWT_SECRET_KEY

/** Where to listen. */
export const address = { port: Number(process.env.PORT), host: "127.0.0.1" }

/** Seconds that an access token lives, and a refresh token. */
export const lives = { access: 900, refresh: 14 * 86_400 }

/** Whether it is the user's password. An unknown user costs the same work. */
export async function isPassword(username, password) {
  const hash = users.get(username)
  const fits = await verify(hash ?? anyHash, password)
  return fits && hash !== undefined
}
