// Files of Caddy and HAProxy, as they should be and with one thing broken, with what the doctor
// says.

/** A row. */
export interface ProxyRow {
  readonly name: string
  readonly program: "caddy" | "haproxy"
  readonly edits: readonly (readonly [from: string | RegExp, to: string])[]
  readonly says: readonly RegExp[]
  /** Its requests would be taken for those of another row. */
  readonly isAlone?: true
}

const caddy = "caddy" as const
const haproxy = "haproxy" as const
const nothingMore = /^unknown: all else/

function inCaddy(line: string): ProxyRow["edits"] {
  return [["# in reverse_proxy", line]]
}

function atSite(line: string): ProxyRow["edits"] {
  return [["# in the site", line]]
}

function atFront(line: string): ProxyRow["edits"] {
  return [["# in the frontend", line]]
}

/** The rows. */
export const proxyRows: readonly ProxyRow[] = [
  { name: "all is well", program: caddy, edits: [], says: [] },
  {
    name: "the upstream's Host",
    program: caddy,
    edits: inCaddy("header_up Host {upstream_hostport}"),
    says: [/^warning: host: The proxy sends 'Host: 127\.0\.0\.1:\d+'/],
  },
  {
    name: "no X-Forwarded-For",
    program: caddy,
    edits: inCaddy("header_up -X-Forwarded-For"),
    says: [/^wrong: client address: The proxy writes no X-Forwarded-For$/],
  },
  {
    name: "X-Forwarded-For is appended",
    program: caddy,
    edits: inCaddy("trusted_proxies private_ranges 127.0.0.0/8"),
    says: [],
  },
  {
    name: "no Authorization",
    program: caddy,
    edits: inCaddy("header_up -Authorization"),
    says: [/^wrong: request headers: The proxy removes the header authorization$/],
  },
  {
    name: "no Set-Cookie",
    program: caddy,
    edits: inCaddy("header_down -Set-Cookie"),
    says: [/^wrong: cookies: The proxy removes Set-Cookie$/],
  },
  {
    name: "a path put before",
    program: caddy,
    edits: atSite("rewrite * /auth{uri}"),
    says: [/^wrong: path: The proxy changes the path/],
  },
  {
    name: "bodies of a kilobyte",
    program: caddy,
    edits: atSite("request_body {\n\t\tmax_size 1KB\n\t}"),
    says: [/^wrong: sizes: The proxy does not pass a body of 16 KiB \(\d+\)$/],
  },
  {
    name: "a login of its own",
    isAlone: true,
    program: caddy,
    edits: atSite(
      "basicauth {\n\t\tbob JDJhJDEwJEVCNmdaNEg2Ti5iejRMYkF3MFZhZ3VtV3E1SzBWZEZ5Q3VWc0tzOEJwZE9TaFlZdEVkZDhX\n\t}",
    ),
    says: [/^wrong: answer: The proxy asks for a login of its own \(Basic\)/, nothingMore],
  },
  {
    name: "compressed answers",
    program: caddy,
    edits: atSite(
      "encode {\n\t\tgzip\n\t\tminimum_length 1\n\t\tmatch {\n\t\t\theader Content-Type *\n\t\t}\n\t}",
    ),
    says: [/^warning: answers: The proxy compresses answers \(gzip\)$/],
  },
  {
    name: "TLS to Postern",
    program: caddy,
    edits: inCaddy("transport http {\n\t\t\ttls_insecure_skip_verify\n\t\t}"),
    says: [/^wrong: answer: The proxy at 127\.0\.0\.1 speaks TLS to Postern/, nothingMore],
  },
  {
    name: "answers of its own",
    program: caddy,
    edits: inCaddy("@refused status 401\n\t\thandle_response @refused {\n\t\t\trespond 200\n\t\t}"),
    says: [/^wrong: answers: The proxy replaces answers of Postern: 401 arrives as 200/],
  },
  {
    name: "two seconds for an answer",
    program: caddy,
    edits: inCaddy("transport http {\n\t\t\tresponse_header_timeout 2s\n\t\t}"),
    says: [/^wrong: late answers: The proxy gives up after \d+(?:\.\d)? s \(50\d\)$/],
  },
  {
    name: "no kept connections",
    program: caddy,
    edits: inCaddy("transport http {\n\t\t\tkeepalive off\n\t\t}"),
    says: [/^warning: connections: The proxy opens a connection for each request$/],
  },
  { name: "all is well", program: haproxy, edits: [], says: [] },
  {
    name: "no X-Forwarded-For",
    program: haproxy,
    edits: [["http-request set-header X-Forwarded-For %[src]", ""]],
    says: [/^wrong: client address: The proxy writes no X-Forwarded-For, and passes on/],
  },
  {
    name: "X-Forwarded-For is appended",
    program: haproxy,
    edits: [["http-request set-header X-Forwarded-For %[src]", "option forwardfor"]],
    says: [],
  },
  {
    name: "the PROXY protocol",
    program: haproxy,
    edits: [["# on the server", "send-proxy"]],
    says: [/^wrong: answer: The proxy at 127\.0\.0\.1 sends the PROXY protocol/, nothingMore],
  },
  {
    name: "HTTP/2 to Postern",
    isAlone: true,
    program: haproxy,
    edits: [["# on the server", "proto h2"]],
    says: [/^wrong: answer: The proxy at 127\.0\.0\.1 speaks HTTP\/2 to Postern/, nothingMore],
  },
  {
    name: "no DELETE",
    program: haproxy,
    edits: atFront("http-request deny if METH_DELETE || { method DELETE }"),
    says: [/^wrong: routes: The proxy refuses DELETE: DELETE \/sessions \(403\), /],
  },
  {
    name: "another cookie",
    program: haproxy,
    edits: atFront("http-response replace-header Set-Cookie (.*) \\1;\\ SameSite=None"),
    says: [/^wrong: cookies: The proxy changes cookies: it adds 'SameSite=None'$/],
  },
  {
    name: "no Cookie",
    program: haproxy,
    edits: atFront("http-request del-header Cookie"),
    says: [/^wrong: request headers: The proxy removes the header cookie$/],
  },
  {
    name: "another path",
    program: haproxy,
    edits: atFront("http-request set-path /api%[path]"),
    says: [/^wrong: path: The proxy changes the path/],
  },
  {
    name: "a second for an answer",
    program: haproxy,
    edits: [["timeout server 30s", "timeout server 1s"]],
    says: [/^wrong: late answers: The proxy gives up after \d+(?:\.\d)? s \(504\)$/],
  },
  {
    name: "connections are closed",
    program: haproxy,
    edits: [["mode http", "mode http\n option httpclose"]],
    says: [/^warning: connections: The proxy opens a connection for each request$/],
  },
  {
    name: "an error of its own",
    program: haproxy,
    edits: atFront(
      'http-response return status 200 content-type text/plain string "fine" if { status 401 }',
    ),
    says: [/^wrong: answers: The proxy replaces answers of Postern: 401 arrives as 200/],
  },
]
