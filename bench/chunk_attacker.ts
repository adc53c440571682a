// A program of its own, so that what the clients do delays no question of others: attacks the port
// given as the JSON given says, and prints how the connections were answered as JSON.

import { sendChunks } from "./chunk_clients.ts"

const [port = "", flood = ""] = process.argv.slice(2)
process.stdout.write(JSON.stringify(await sendChunks(Number(port), JSON.parse(flood))))
