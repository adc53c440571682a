// The users as operators list them: all at once, or page by page.

import { type FactorRequirement, factorStateOf } from "../domain/factor_requirement.ts"
import type { User } from "../domain/user.ts"
import type { Store } from "../store/store.ts"
import type { PageQuestion } from "../store/user_pages.ts"
import { isLockedForStrangers } from "./account_failures.ts"
import { mfaLimits } from "./limits.ts"
import { type ListedUser, summaryOf, type UserView, viewOf } from "./user_view.ts"

/** What lists are made from. */
interface UserListParts {
  readonly store: Store
  readonly requirement: FactorRequirement
}

/** A page of users with their versions, and the name after which the next page begins. */
export interface ListedPage {
  readonly users: readonly (ListedUser & UserView)[]
  readonly next: string | null
}

/** All users, ordered by name. */
export async function listUsers(parts: UserListParts): Promise<readonly ListedUser[]> {
  const users = await parts.store.users.list()
  return Promise.all(users.map((user) => listed(user, parts)))
}

/** A page of users, ordered by name. */
export async function pageOfUsers(
  question: PageQuestion,
  parts: UserListParts,
): Promise<ListedPage> {
  const { users, next } = await parts.store.users.page(question)
  const shown = users.map(async (user) => ({ ...viewOf(user), ...(await listed(user, parts)) }))
  return { users: await Promise.all(shown), next }
}

async function listed(user: User, { store, requirement }: UserListParts): Promise<ListedUser> {
  const failuresMax = mfaLimits.failuresOfAccount.inARow
  return {
    ...summaryOf(user),
    isLocked: isLockedForStrangers(await store.failures.find(user.username)),
    isInvited: user.link?.kind === "invite",
    factorState: factorStateOf(user, { requirement, failuresMax }),
  }
}
