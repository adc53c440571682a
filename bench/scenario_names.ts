// The scenarios that can be asked for, in the order in which they run.

/** What each measures, by name. */
export const scenarioTitles = {
  hot: "Guarded GET, one token",
  "10k": "Guarded GET, 10,000 tokens in turn",
  "100k": "Guarded GET, 100,000 tokens in turn",
  invalid: "Guarded GET, invalid tokens",
  none: "Guarded GET, no token",
  verify: "Ask about a browser's request, 1,000 cookies in turn",
  login: "Login",
  flood: "Guarded GET while 200 logins are in flight",
  refresh: "Refresh",
  start: "Cold start to the first 200",
  memory: "Memory, idle",
  wings: "Start and memory with a wing",
  store: "Store",
} as const

/** The name of a scenario. */
export type ScenarioName = keyof typeof scenarioTitles

/** Those of guarded GETs. */
export const guardedNames: readonly ScenarioName[] = ["hot", "10k", "100k", "invalid", "none"]

/** All of them. */
export const scenarioNames = Object.keys(scenarioTitles) as readonly ScenarioName[]
