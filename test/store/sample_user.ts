// Users and hashes as records have them. No password fits these hashes.

import type { User, UserChange } from "../../src/domain/user.ts"

/** A hash that reads as one; another letter makes another hash. */
export function sampleHash(letter = "A"): string {
  return `$argon2id$v=19$m=19456,t=2,p=1$${letter.repeat(22)}$${letter.repeat(43)}`
}

/** A change that is another one for each number. */
export function numbered(value: number): UserChange {
  return { setClaim: { name: "number", value } }
}

/** A user of this name; `members` replaces what matters to a test. */
export function sampleUser(username: string, members: Partial<User> = {}): User {
  return {
    username,
    passwordHash: sampleHash(),
    roles: ["reader"],
    claims: {},
    disabled: false,
    createdAt: 1_795_447_800,
    tokensNotBefore: 0,
    link: null,
    factors: null,
    ...members,
  }
}
