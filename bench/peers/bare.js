// The floor: node:http that answers every request with the same bytes, those of ANSWER, which
// Postern gave before. Node adds Date, Connection and Keep-Alive, which Postern sends as well.

import { createServer } from "node:http"

const { status, headers, body, keepAliveMillis } = JSON.parse(process.env.ANSWER)

const server = createServer((_request, response) => {
  response.writeHead(status, headers)
  response.end(body)
})
server.keepAliveTimeout = keepAliveMillis
server.listen(Number(process.env.PORT), "127.0.0.1")
