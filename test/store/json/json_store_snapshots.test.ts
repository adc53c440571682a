import { storeContract } from "../contract.ts"
import { jsonEngine } from "./json_engine.ts"

storeContract("JSON store that takes snapshots all the time", jsonEngine(400))
