// The PostgreSQL engine passes the suite of every engine. Tests that expect calls to be decided in
// their order need one connection.

import { test } from "node:test"
import { skippedWithoutPostgres, startPostgres } from "../../support/postgres_server.ts"
import { storeContract } from "../contract.ts"
import { postgresEngine } from "./postgres_engine.ts"

if (skippedWithoutPostgres) test("PostgreSQL store", { skip: skippedWithoutPostgres }, () => {})
else storeContract("PostgreSQL store", postgresEngine(await startPostgres()))
