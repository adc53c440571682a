// What is left of a token where none may be.

/**
 * Matches the start of a refresh token, and of a JWT by the first member of its header: `alg`,
 * `typ` or `kid`. Less would not do: of some thousand random names, one has `eyJ` in it.
 */
export const tokenTrace = /ptr_|eyJ(?:hbGci|0eXAi|raWQi)/
