// Further working nginx files with one thing broken: answers, paths, redirects, what is in front.

import { at, type BrokenRow, before, inLocation } from "./nginx_rows.ts"

/** What the proxy answers by itself, or makes of answers. */
export const nginxAnswerRows: readonly BrokenRow[] = [
  {
    name: "a cache for everything",
    edits: [
      ["server {", "proxy_cache_path DIRECTORY/cache keys_zone=z:1m; server {"],
      [
        inLocation,
        `${inLocation} proxy_cache z; proxy_cache_valid any 1m; proxy_ignore_headers Cache-Control Expires Set-Cookie;`,
      ],
    ],
    says: [/^wrong: cache: The proxy answers \/me from a cache$/],
  },
  {
    name: "a cache for what succeeds",
    edits: [
      ["server {", "proxy_cache_path DIRECTORY/cache2 keys_zone=y:1m; server {"],
      [
        inLocation,
        `${inLocation} proxy_cache y; proxy_cache_valid 200 1m; proxy_ignore_headers Cache-Control Expires;`,
      ],
    ],
    says: [/^wrong: cache: The proxy answers \/livez from a cache$/],
  },
  {
    name: "a path below the upstream",
    edits: [[inLocation, "proxy_pass http://postern/auth/;"]],
    says: [/^wrong: path: The proxy changes the path: .*arrives as '\/auth\/me/],
  },
  {
    name: "decoded paths",
    edits: [[inLocation, "proxy_pass http://postern/;"]],
    says: [/^warning: path: The proxy respells paths/],
  },
  {
    name: "no query",
    edits: at(inLocation, "").map(() => [before, `${before} rewrite ^(.*)$ $1? break;`] as const),
    says: [/^wrong: path: The proxy changes the query/],
  },
  {
    name: "only GET and POST",
    edits: at(before, "if ($request_method !~ ^(GET|POST|HEAD)$) { return 405; }"),
    says: [/^wrong: routes: The proxy refuses DELETE and OPTIONS: DELETE \/sessions \(405\)/],
  },
  {
    name: "no login by POST",
    edits: [[before, `location = /login { return 403; } ${before}`]],
    says: [/^wrong: routes: The proxy keeps requests from Postern: POST \/login \(403\)/],
  },
  {
    name: "/.well-known/ for certificates",
    edits: [[before, `location /.well-known/ { root DIRECTORY; } ${before}`]],
    says: [
      /^wrong: issuer: \/\.well-known\/oauth-authorization-server is not answered by Postern \(404\)$/,
      /^wrong: routes: The proxy keeps .*: GET \/\.well-known\/jwks\.json \(404\)$/,
    ],
  },
  {
    name: "a login of its own",
    edits: at(before, "auth_basic photos; auth_basic_user_file DIRECTORY/users;"),
    says: [/^wrong: answer: The proxy asks for a login of its own \(Basic\)/, /^unknown: all else/],
  },
  {
    name: "error pages of its own",
    edits: at(before, "proxy_intercept_errors on; error_page 401 /sorry;").concat([
      [
        before,
        `location = /sorry { internal; default_type text/html; return 200 '<p>Sorry'; } ${before}`,
      ],
    ]),
    says: [/^wrong: answers: The proxy changes answers/],
  },
  {
    name: "another status",
    edits: at(before, "proxy_intercept_errors on; error_page 401 =403 /sorry;").concat([
      [before, `location = /sorry { internal; return 200 no; } ${before}`],
    ]),
    says: [/^wrong: answers: The proxy replaces answers of Postern: 401 arrives as 403/],
  },
  {
    name: "no WWW-Authenticate",
    edits: at(inLocation, "proxy_hide_header WWW-Authenticate;"),
    says: [/^wrong: answers: The proxy removes www-authenticate from answers$/],
  },
  {
    name: "answers that are kept",
    edits: at(
      inLocation,
      'proxy_hide_header Cache-Control; add_header Cache-Control "public, max-age=600" always;',
    ),
    says: [/^wrong: answers: The proxy changes cache-control of answers/],
  },
  {
    name: "a second Referrer-Policy",
    edits: at(inLocation, "add_header Referrer-Policy strict-origin always;"),
    says: [/^wrong: answers: The proxy changes referrer-policy of answers/],
  },
  {
    name: "scripts of every site",
    edits: at(inLocation, "add_header Access-Control-Allow-Credentials true always;"),
    says: [/^warning: answers: The proxy adds 'access-control-allow-credentials: true'/],
  },
  {
    name: "words put into answers",
    edits: at(
      inLocation,
      "sub_filter_types *; sub_filter_once off; sub_filter '\"error\"' '\"fault\"';",
    ),
    says: [/^wrong: answers: The proxy changes answers/],
  },
  {
    name: "compressed answers",
    edits: at(inLocation, "gzip on; gzip_types *; gzip_min_length 0; gzip_proxied any;"),
    says: [/^warning: answers: The proxy compresses answers \(gzip\)$/],
  },
  {
    name: "a slash at the end",
    edits: at(before, "port_in_redirect off; rewrite ^([^.]*[^/])$ $1/ permanent;"),
    says: [/^wrong: routes: The proxy redirects: it adds or removes a slash/],
  },
  {
    name: "the port of the container",
    edits: at(before, "rewrite ^(.*[^/])$ $1/ permanent;"),
    says: [/^wrong: answer: The proxy redirects to another port, \d+$/, /^unknown: all else/],
  },
  {
    name: "a loop of https",
    edits: at(before, "return 301 https://$host$request_uri;"),
    says: [/^wrong: answer: The proxy redirects the address to itself/, /^unknown: all else/],
  },
  {
    name: "another name",
    edits: at(before, "return 301 https://www.example.org$request_uri;"),
    says: [
      /^wrong: answer: .*redirects the public address to www\.example\.org/,
      /^unknown: all else/,
    ],
  },
  {
    name: "nobody at the upstream",
    edits: [[/server 127\.0\.0\.1:\d+; keepalive/, "server 127.0.0.1:1; keepalive"]],
    says: [/^wrong: answer: The proxy can't reach Postern: it answers 502$/, /^unknown: all else/],
  },
  {
    name: "TLS to the upstream",
    isAlone: true,
    edits: [["proxy_pass http://postern", "proxy_pass https://postern"]],
    says: [/^wrong: answer: The proxy at 127\.0\.0\.1 speaks TLS to Postern/, /^unknown: all else/],
  },
  {
    name: "another site",
    edits: at(before, "default_type text/html; return 404 '<h1>nothing';"),
    says: [
      /^wrong: answer: Something else answers at this address \(404: nothing\)/,
      /^unknown: all else/,
    ],
  },
  {
    name: "one request in a second",
    edits: [
      ["server {", "limit_req_zone $binary_remote_addr zone=r:1m rate=1r/s; server {"],
      [before, `${before} limit_req zone=r burst=3 nodelay; limit_req_status 429;`],
    ],
    says: [/^wrong: routes: The proxy limits requests: \d+ of \d+ got 429 from it$/],
  },
  {
    name: "http without a redirect",
    edits: [
      [
        "return 301 https://$host$request_uri;",
        "location / { proxy_pass http://postern; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; }",
      ],
    ],
    says: [/^wrong: http: Postern is reached by http, too$/],
  },
  {
    name: "http to another place",
    edits: [["return 301 https://$host$request_uri;", "return 301 https://www.example.org/;"]],
    says: [/^wrong: http: http is redirected to 'https:\/\/www\.example\.org\/'$/],
  },
]
