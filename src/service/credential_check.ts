// Checks a name and a password. Whatever is wrong, unknown name, wrong password, disabled user,
// takes the same work and gives the same answer.

import { Unavailable } from "../errors.ts"
import type { PasswordHasher } from "../password/hash.ts"
import type { Store, User } from "../store/store.ts"
import { canonicalUsername } from "../username.ts"

/** Name and password as somebody typed them. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** The user whose password this is and who may log in, or null. */
export type CredentialCheck = (credentials: Credentials) => Promise<User | null>

/** Makes a check; a hash that costs less than new ones is replaced when its password is known. */
export function createCredentialCheck(parts: {
  readonly store: Store
  readonly hasher: PasswordHasher
}): CredentialCheck {
  const { store, hasher } = parts

  async function check(credentials: Credentials): Promise<User | null> {
    const { username: typed, password } = credentials
    const username = canonicalUsername(typed)
    const asked = username === null ? null : await store.findUser(username)
    const matches = await hasher.verify(password, asked?.passwordHash ?? null)
    if (!matches || asked === null || asked.disabled) return null
    const passwordHash = await strengthen(asked, password)
    // Hashing takes its time: what counts is the user as it is now.
    const user = await store.findUser(asked.username)
    if (user === null || user.disabled) return null
    if (user.passwordHash === passwordHash) return user
    // Another hash by now is of another password, or of this one, by another login.
    return check(credentials)
  }

  // Where the settings ask for more than when this password was hashed: now it is known, hash it
  // anew. Gives the hash that the user should have then.
  async function strengthen(user: User, password: string): Promise<string> {
    const { username, passwordHash: ifPasswordHash } = user
    if (hasher.isCurrent(ifPasswordHash)) return ifPasswordHash
    try {
      const passwordHash = await hasher.hash(password)
      const changed = await store.changeUser(username, { passwordHash }, { ifPasswordHash })
      return changed === null ? ifPasswordHash : passwordHash
    } catch (error) {
      // A full disk or queue keeps nobody from logging in: the next login tries again.
      if (error instanceof Unavailable) return ifPasswordHash
      throw error
    }
  }

  return check
}
