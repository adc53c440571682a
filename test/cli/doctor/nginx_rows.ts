// Working nginx files, each with one thing broken, and what the doctor says of it.

/** A change of the file, and the findings that are not ok, in order. */
export interface BrokenRow {
  readonly name: string
  readonly edits: readonly (readonly [from: string | RegExp, to: string])[]
  readonly says: readonly RegExp[]
  /** Its requests would be taken for those of another row. */
  readonly isAlone?: true
}

/** Where the locations begin. */
export const before = "location / {"
/** In the location. */
export const inLocation = "proxy_pass http://postern;"

/** Adds words after a place. */
export function at(place: string, added: string): BrokenRow["edits"] {
  return [[place, `${place} ${added}`]]
}

/** What the proxy does to requests, cookies and connections. */
export const nginxRows: readonly BrokenRow[] = [
  {
    name: "Host is the upstream's",
    edits: [["proxy_set_header Host $host;", ""]],
    says: [/^warning: host: .*'Host: postern\d+' in the place of 'login\.example\.org'/],
  },
  {
    name: "no X-Forwarded-For",
    edits: [
      ["proxy_set_header X-Forwarded-For $remote_addr;", 'proxy_set_header X-Forwarded-For "";'],
    ],
    says: [/^wrong: client address: The proxy writes no X-Forwarded-For$/],
  },
  {
    name: "the client's X-Forwarded-For",
    edits: [["proxy_set_header X-Forwarded-For $remote_addr;", ""]],
    says: [/^wrong: client address: The proxy writes no X-Forwarded-For, and passes on .* client$/],
  },
  {
    name: "the client's X-Forwarded-For, or else the peer",
    edits: [
      [
        "server {",
        "map $http_x_forwarded_for $claim { default $http_x_forwarded_for; '' $remote_addr; } server {",
      ],
      ["X-Forwarded-For $remote_addr;", "X-Forwarded-For $claim;"],
    ],
    says: [/^wrong: client address: The proxy passes on the X-Forwarded-For of the client$/],
  },
  {
    name: "a word in X-Forwarded-For",
    edits: [["X-Forwarded-For $remote_addr;", "X-Forwarded-For unknown;"]],
    says: [/^wrong: client address: The proxy writes 'unknown' into X-Forwarded-For/],
  },
  {
    name: "Forwarded in the place of X-Forwarded-For",
    edits: [
      [
        "proxy_set_header X-Forwarded-For $remote_addr;",
        'proxy_set_header X-Forwarded-For ""; proxy_set_header Forwarded for=$remote_addr;',
      ],
    ],
    says: [
      /^wrong: client address: The proxy writes Forwarded, and Postern reads X-Forwarded-For$/,
    ],
  },
  {
    name: "another proxy in between",
    edits: [["X-Forwarded-For $remote_addr;", 'X-Forwarded-For "198.51.100.7, 10.1.2.3";']],
    says: [/^wrong: client address: A second proxy, at 10\.1\.2\.3, is not trusted$/],
  },
  {
    name: "Set-Cookie removed",
    edits: at(inLocation, "proxy_hide_header Set-Cookie;"),
    says: [/^wrong: cookies: The proxy removes Set-Cookie$/],
  },
  {
    name: "the path of cookies changed",
    edits: at(inLocation, "proxy_cookie_path / /app/;"),
    says: [/^wrong: cookies: .*removes 'Path=\/', it adds 'Path=\/app\/'$/],
  },
  {
    name: "the flags of cookies changed",
    edits: at(inLocation, "proxy_cookie_flags ~ nosecure samesite=none;"),
    says: [/^wrong: cookies: .*removes 'Secure; SameSite=Lax'/],
  },
  {
    name: "a domain for cookies",
    edits: at(
      inLocation,
      "proxy_hide_header Set-Cookie; add_header Set-Cookie '$upstream_http_set_cookie; Domain=example.org' always;",
    ),
    says: [/^warning: answers: .*set-cookie/, /^wrong: cookies: .*adds 'Domain=example\.org'$/],
  },
  {
    name: "Cookie removed",
    edits: at(inLocation, 'proxy_set_header Cookie "";'),
    says: [/^wrong: request headers: The proxy removes the header cookie$/],
  },
  {
    name: "Authorization removed",
    edits: at(inLocation, 'proxy_set_header Authorization "";'),
    says: [/^wrong: request headers: The proxy removes the header authorization$/],
  },
  {
    name: "another Authorization",
    edits: at(inLocation, 'proxy_set_header Authorization "Basic Zm9vOmJhcg==";'),
    says: [/^wrong: request headers: The proxy (?:adds a|changes the) header authorization/],
  },
  {
    name: "another Origin",
    edits: at(inLocation, "proxy_set_header Origin http://localhost;"),
    says: [/^wrong: request headers: .*header origin/],
  },
  {
    name: "no headers at all",
    edits: at(inLocation, "proxy_pass_request_headers off;"),
    says: [/^wrong: request headers: The proxy passes on hardly any header$/],
  },
  {
    name: "no bodies",
    edits: at(inLocation, 'proxy_pass_request_body off; proxy_set_header Content-Length "";'),
    says: [/^wrong: request bodies: .*16384 bytes of POST \/login arrive as 0 bytes$/],
  },
  {
    name: "bodies of 8 KiB",
    edits: [["client_max_body_size 16k;", "client_max_body_size 8k;"]],
    says: [/^wrong: sizes: The proxy does not pass a body of 16 KiB \(413\)$/],
  },
  {
    name: "heads of 2 KiB",
    edits: [["server_name", "large_client_header_buffers 2 2k; server_name"]],
    says: [/^wrong: sizes: The proxy does not pass a request's head of 6 KiB \(4\d\d\)$/],
  },
  {
    name: "two seconds for an answer",
    edits: [["proxy_read_timeout 30s;", "proxy_read_timeout 2s;"]],
    says: [/^wrong: late answers: The proxy gives up after \d+(?:\.\d)? s \(504\)$/],
  },
  {
    name: "HTTP/1.0",
    edits: [["proxy_http_version 1.1;", ""]],
    says: [/^warning: connections: The proxy speaks HTTP\/1\.0 to Postern$/],
  },
  {
    name: "Connection: close",
    edits: [['proxy_set_header Connection "";', "proxy_set_header Connection close;"]],
    says: [/^warning: connections: The proxy opens a connection for each request$/],
  },
]
