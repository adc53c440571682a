// The rows of service tokens.

import type { ServiceToken } from "../../domain/service_token.ts"
import { frozen } from "./rows.ts"

/** A row of `service_tokens`. */
export interface ServiceTokenRow {
  readonly name: string
  readonly hash: string
  readonly roles: readonly string[]
  readonly fresh: boolean
  readonly acr: ServiceToken["acr"]
  readonly created_at: number
  readonly expires_at: number
  readonly last_used_at: number | null
  readonly last_address: string
}

/** The token of a row. */
export function serviceTokenOf(row: ServiceTokenRow): ServiceToken {
  const { name, hash, roles, fresh, acr } = row
  return frozen({
    ...{ name, hash, roles, fresh, acr },
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    lastAddress: row.last_address,
  })
}

/** The row of a token. */
export function rowOfServiceToken(token: ServiceToken): ServiceTokenRow {
  const { name, hash, roles, fresh, acr } = token
  return {
    ...{ name, hash, roles, fresh, acr },
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    last_used_at: token.lastUsedAt,
    last_address: token.lastAddress,
  }
}
