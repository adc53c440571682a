// Proxies in front of a protected host: as they should be, and with one thing broken, with what the
// doctor says of each.

/** A row. */
export interface GateRow {
  readonly name: string
  readonly program: "nginx" | "caddy"
  readonly settings?: Readonly<Record<string, string>>
  readonly edits: readonly (readonly [from: string | RegExp, to: string])[]
  readonly says: readonly RegExp[]
}

const nginx = "nginx" as const
const caddy = "caddy" as const
const machines = { POSTERN_PROTECT: "photos.example.org machine" }

/** The rows. */
export const gateRows: readonly GateRow[] = [
  { name: "all is well", program: nginx, edits: [], says: [] },
  {
    name: "no auth_request",
    program: nginx,
    edits: [["auth_request /_postern;", ""]],
    says: [/^wrong: photos\.example\.org: It is open: the proxy does not ask Postern$/],
  },
  {
    name: "pictures without auth_request",
    program: nginx,
    edits: [
      [
        "location @p401",
        "location ~ \\.(?:png|js)$ { proxy_pass http://127.0.0.1:9; return 200 open; } location @p401",
      ],
    ],
    says: [
      /^wrong: photos.*: The proxy lets requests by .*: GET \/doctor\.png \(200\), GET \/static/,
    ],
  },
  {
    name: "preflights without auth_request",
    program: nginx,
    edits: [
      [
        "auth_request /_postern;",
        "if ($request_method = OPTIONS) { return 204; } auth_request /_postern;",
      ],
    ],
    says: [/^wrong: photos.*: The proxy lets requests by .*: OPTIONS \/doctor \(204\)$/],
  },
  {
    name: "the decoded path",
    program: nginx,
    edits: [["X-Forwarded-Uri $request_uri;", "X-Forwarded-Uri $uri;"]],
    says: [/^wrong: photos.*: The proxy tells Postern 'X-Forwarded-Uri: /],
  },
  {
    name: "the client's X-Forwarded-Host",
    program: nginx,
    edits: [["proxy_set_header X-Forwarded-Host $host;", ""]],
    says: [/^wrong: photos.*: The proxy does not tell Postern X-Forwarded-Host$/],
  },
  {
    name: "the method of the question",
    program: nginx,
    edits: [["X-Forwarded-Method $request_method;", "X-Forwarded-Method GET;"]],
    says: [/^wrong: photos.*: .*'X-Forwarded-Method: GET' in the place of 'HEAD'$/],
  },
  {
    name: "Location is lost",
    program: nginx,
    edits: [["error_page 401 = @p401;", ""]],
    says: [/^wrong: photos/],
  },
  {
    name: "the cookie is lost",
    program: nginx,
    edits: [["add_header Set-Cookie $p_cookie always;", ""]],
    says: [/^wrong: photos.*: The proxy does not pass on the cookie of the login's start$/],
  },
  ...([nginx, caddy] as const).map((program) => ({
    ...{ name: "a host for machines, all is well", program, settings: machines },
    ...{ edits: [], says: [] },
  })),
  {
    name: "the challenge for programs is lost",
    program: caddy,
    settings: machines,
    edits: [["uri /verify/proxy?", "uri /verify/proxy?\n\t\t\theader_down -Www-Authenticate"]],
    says: [/^wrong: photos.*: The proxy does not pass on that a program may log in by Basic$/],
  },
  {
    name: "what shows a browser is lost",
    program: nginx,
    settings: machines,
    edits: [
      [
        "proxy_pass_request_body off;",
        "proxy_pass_request_body off; proxy_pass_request_headers off; proxy_set_header User-Agent $http_user_agent; proxy_set_header Accept $http_accept;",
      ],
    ],
    says: [/^wrong: photos.*: Postern takes a browser for a program: the proxy does not pass on/],
  },
  {
    name: "small buffers",
    program: nginx,
    edits: [
      [
        /(X-Forwarded-Uri \$request_uri;\s+)proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k;/,
        "X-Forwarded-Uri $request_uri; proxy_buffer_size 1k; proxy_buffers 8 1k; proxy_busy_buffers_size 2k;",
      ],
    ],
    says: [
      /^wrong: photos.*: Postern answered 401 to a long address, and the proxy made 500 of it$/,
    ],
  },
  {
    name: "the wrong path of /verify",
    program: nginx,
    edits: [["/verify/nginx;", "/verify;"]],
    says: [/^wrong: photos.*/],
  },
  {
    name: "another host in POSTERN_PROTECT",
    program: nginx,
    settings: { POSTERN_PROTECT: "photos.example.org\nwiki.example.org" },
    edits: [],
    says: [/wiki\.example\.org/],
  },
  {
    name: "nobody is trusted",
    program: nginx,
    settings: { POSTERN_TRUSTED_PROXIES: "10.9.9.9" },
    edits: [],
    says: [/^wrong: client address: .*127\.0\.0\.1/, /^wrong: photos/],
  },
  { name: "all is well", program: caddy, edits: [], says: [] },
  {
    name: "no forward_auth",
    program: caddy,
    edits: [[/forward_auth[^}]*\}/, ""]],
    says: [/^wrong: photos\.example\.org: It is open: the proxy does not ask Postern$/],
  },
  {
    name: "http without a login",
    program: caddy,
    edits: [
      [/, http:\/\/photos\.example\.org:(\d+) \{/, " {"],
      [/$/, "\nhttp://photos.example.org:PLAIN {\n\tbind 127.0.0.1\n\trespond open\n}\n"],
    ],
    says: [/^wrong: photos.*: GET http:\/\/ at \/doctor \(200\)$/],
  },
  {
    name: "the path is rewritten before",
    program: caddy,
    edits: [["route {", "route {\n\t\turi strip_prefix /doctor"]],
    says: [/^wrong: photos/],
  },
]
