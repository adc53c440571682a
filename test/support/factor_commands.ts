// The operator's commands for second factors.

import type { FactorCommands } from "../../src/admin/admin_command.ts"
import { createFactorCommands } from "../../src/service/factors/operator_factors.ts"
import { createRevocationWindow } from "../../src/service/session_tokens.ts"
import { sessionSettings, type TestService, type TestServiceOptions } from "./test_service.ts"

/** Where a test needs none. */
export const noFactorCommands = {} as FactorCommands

/** Those of a service. */
export function factorCommandsOf(
  service: TestService,
  { requirement = { kind: "none" } }: TestServiceOptions = {},
): FactorCommands {
  const { clock, tokens } = service
  const windowNow = createRevocationWindow(clock, { ...tokens, ...sessionSettings })
  return createFactorCommands({ ...service, requirement, windowNow })
}
