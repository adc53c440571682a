// Which machine sent a request for a protected host: by a service token as Bearer, or as the
// password of Basic with the token's name. Basic never reaches the users: no password of a person
// is looked at.

import type { Caller } from "../../domain/caller.ts"
import { AuthError, type RefusalReason } from "../../errors.ts"
import type { Principal } from "../authenticate.ts"

/** The part of a request that a machine sends. */
export interface MachineRequest {
  readonly caller: Caller
  /** A service token of `Authorization: Bearer`. Throws AuthError `invalid_request`. */
  readServiceToken(): string | null
  /** Name and password of `Authorization: Basic`. */
  readBasic(): { readonly name: string; readonly password: string } | "malformed" | null
}

/** Finds the machine that sent a service token. @throws AuthError `invalid_token` */
export type FindMachine = (
  token: string,
  caller: Caller & { readonly name?: string },
) => Principal | Promise<Principal>

/**
 * The machine; null when nothing was sent, and the reason when Basic is no good.
 * @throws AuthError when Bearer is no good
 */
export async function findMachine(
  sent: MachineRequest,
  find: FindMachine,
): Promise<Principal | RefusalReason | null> {
  const { caller } = sent
  const token = sent.readServiceToken()
  if (token !== null) return find(token, caller)
  const basic = sent.readBasic()
  if (basic === null || basic === "malformed") return basic
  try {
    return await find(basic.password, { ...caller, name: basic.name })
  } catch (error) {
    // Not thrown on: a program asks for other credentials only if the reply says Basic.
    if (error instanceof AuthError && error.reason !== undefined) return error.reason
    throw error
  }
}
