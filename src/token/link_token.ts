// The tokens of links by which a user sets a password once. The store keeps a tag instead of the
// token, and the tag is a seal: a reader of the store can't make a link of it.
//
//   pti_ + 128 random bits as base64url + proof + "." + base64url( username )
//   proof = seal of ("proof", kind, username, random bits), of the kind "link"
//   tag = seal of (kind, username, random bits), of the kind "link"
//
// The proof shows that the token was made here. So a stranger can't write names into tokens and
// learn from the time of the answer whose names they are.

import type { LinkKind } from "../domain/user.ts"
import { randomName } from "../system/random.ts"
import { isSealOf, seal } from "./seal.ts"

/** What a link is good for. */
export interface LinkContent {
  readonly kind: LinkKind
  readonly username: string
}

/** A token, and what to keep of it. */
interface LinkToken {
  readonly token: string
  readonly tag: string
}

const form = /^pti_([\w-]{22})([\w-]{32})\.([\w-]{1,1500})$/

/** Makes a token. */
export function makeLinkToken(content: LinkContent, cookieKey: Uint8Array): LinkToken {
  const secret = randomName()
  const name = Buffer.from(content.username).toString("base64url")
  const proof = seal("link", proofFields(content, secret), cookieKey)
  return { token: `pti_${secret}${proof}.${name}`, tag: tagOf(content, secret, cookieKey) }
}

/** Whether a text has the form of a token. */
export function isLinkToken(text: string): boolean {
  return form.test(text)
}

/** Whether a token was made with this key, for this kind. It may not be good any more. */
export function isLinkOf(token: string, kind: LinkKind, cookieKey: Uint8Array): boolean {
  const [, secret, proof] = form.exec(token) ?? []
  const username = usernameIn(token)
  if (secret === undefined || proof === undefined || username === null) return false
  return isSealOf(proof, "link", proofFields({ kind, username }, secret), cookieKey)
}

/** The username that a token names, or null. Anybody can write any name into a token. */
export function usernameIn(token: string): string | null {
  const [, , , name] = form.exec(token) ?? []
  return name === undefined ? null : Buffer.from(name, "base64url").toString()
}

/** Whether a tag is that of a token. */
export function isTagOf(
  tag: string,
  { token, kind }: { readonly token: string; readonly kind: LinkKind },
  cookieKey: Uint8Array,
): boolean {
  const [, secret] = form.exec(token) ?? []
  const username = usernameIn(token)
  if (secret === undefined || username === null) return false
  return isSealOf(tag, "link", [kind, username, secret], cookieKey)
}

function proofFields({ kind, username }: LinkContent, secret: string): readonly string[] {
  return ["proof", kind, username, secret]
}

function tagOf({ kind, username }: LinkContent, secret: string, cookieKey: Uint8Array): string {
  return seal("link", [kind, username, secret], cookieKey)
}
