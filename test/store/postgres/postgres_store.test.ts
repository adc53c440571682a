// The PostgreSQL engine passes the suite of every engine. Tests that expect calls to be decided in
// their order need one connection.

import { test } from "node:test"
import { postgresForTests } from "../../support/postgres_server.ts"
import { storeContract } from "../contract.ts"
import { postgresEngine } from "./postgres_engine.ts"

const { skip, server } = await postgresForTests()
if (server === null) test("PostgreSQL store", { skip }, () => {})
else storeContract("PostgreSQL store", postgresEngine(server))
