// The rows of the admin API for a service of a test.

import type { FactorRequirement } from "../../src/domain/factor_requirement.ts"
import type { RouteGroup } from "../../src/http/router.ts"
import {
  createFactorCommands,
  type OperatorFactorParts,
} from "../../src/service/factors/operator_factors.ts"
import type { LongAnswers } from "../../src/service/long_answers.ts"
import { type AdminWingParts, createAdminRoutes } from "../../src/wings/admin.ts"

type Parts = Omit<AdminWingParts, "factorCommands" | "longAnswers" | "links"> &
  Omit<OperatorFactorParts, "requirement">

/** Makes the rows; none where the API is off. Links are made where the browser wing is on. */
export function adminRowsOf(
  { links, ...parts }: Parts & Pick<AdminWingParts, "links">,
  options: {
    readonly adminApi?: boolean
    readonly requirement?: FactorRequirement
    readonly browser?: readonly unknown[]
  },
): RouteGroup {
  const { adminApi = false, requirement = { kind: "none" }, browser } = options
  if (!adminApi) return []
  return createAdminRoutes({
    ...parts,
    links: browser === undefined ? null : (links ?? null),
    factorCommands: createFactorCommands({ ...parts, requirement }),
    longAnswers: async () => ({}) as LongAnswers,
  })
}
