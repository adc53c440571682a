// The lines to change, by proxy. A remedy that is the same for all of them is `any`.

/** Proxies for which the doctor knows the lines. */
export type ProxyKind = "nginx" | "caddy" | "traefik" | "haproxy"

/** What to change. */
export type Remedy = Readonly<Partial<Record<ProxyKind | "any", string>>>

const shownNames: Readonly<Record<ProxyKind, string>> = {
  nginx: "nginx",
  caddy: "Caddy",
  traefik: "Traefik",
  haproxy: "HAProxy",
}

/** The proxy that a `Server` header names; null for another one, or none. */
export function proxyOf(server: string | undefined): ProxyKind | null {
  const text = server?.toLowerCase() ?? ""
  if (/nginx|openresty/.test(text)) return "nginx"
  if (text.includes("caddy")) return "caddy"
  return text.includes("traefik") ? "traefik" : text.includes("haproxy") ? "haproxy" : null
}

/** A remedy as lines: for the proxy that is there, or for each when that is not known. */
export function remedyLines(remedy: Remedy, proxy: ProxyKind | null): readonly string[] {
  const lines = remedy.any === undefined ? [] : [remedy.any]
  const own = proxy === null ? undefined : remedy[proxy]
  if (proxy !== null && own !== undefined) return [...lines, `${shownNames[proxy]}: ${own}`]
  if (proxy !== null && lines.length > 0) return lines
  const kinds = Object.keys(shownNames) as ProxyKind[]
  const known = kinds.flatMap((kind) =>
    remedy[kind] === undefined ? [] : [`${shownNames[kind]}: ${remedy[kind]}`],
  )
  return [...lines, ...known]
}

/** Remedies that more than one check advises, and the longer ones. */
export const remedies = {
  host: {
    nginx: "proxy_set_header Host $host;",
    caddy: "remove `header_up Host …`: Caddy passes Host on by itself",
    traefik: "passHostHeader: true (the default)",
    haproxy: "remove `http-request set-header Host …`",
  },
  forwardedFor: {
    nginx: "proxy_set_header X-Forwarded-For $remote_addr;",
    caddy: "remove `header_up X-Forwarded-For …` and `header_up -X-Forwarded-*`: Caddy sets it",
    traefik: "remove `forwardedHeaders.insecure` and `forwardedHeaders.trustedIPs`",
    haproxy: "http-request set-header X-Forwarded-For %[src]",
  },
  upstream: {
    nginx: "proxy_pass http://ADDRESS;",
    caddy: "reverse_proxy ADDRESS",
    traefik: 'loadBalancer.servers: [{ url: "http://ADDRESS" }]',
    haproxy: "server postern ADDRESS",
  },
  headers: {
    nginx:
      "remove `proxy_set_header NAME …` and `proxy_pass_request_headers off`; in a location, any proxy_set_header drops those of the server block",
    caddy: "remove `header_up -NAME` and `request_header -NAME`",
    traefik: "remove NAME from `headers.customRequestHeaders`",
    haproxy: "remove `http-request del-header NAME` and `set-header NAME`",
  },
  replyHeaders: {
    nginx: "remove `proxy_hide_header NAME`, `add_header NAME …` and `proxy_ignore_headers`",
    caddy: "remove NAME from `header` and `header_down`",
    traefik: "remove NAME from `headers.customResponseHeaders`, and the security headers there",
    haproxy: "remove `http-response del-header NAME`, `set-header NAME` and `replace-header NAME`",
  },
  cookies: {
    nginx: "remove `proxy_cookie_path`, `proxy_cookie_flags`, `proxy_hide_header Set-Cookie`",
    caddy: "remove Set-Cookie from `header` and `header_down`",
    traefik: "remove Set-Cookie from `headers.customResponseHeaders`",
    haproxy:
      "remove `rspirep`, `http-response replace-header Set-Cookie` and `del-header Set-Cookie`",
  },
  path: {
    nginx: "proxy_pass http://postern; without anything after the host, and no `rewrite`",
    caddy: "remove `rewrite`, `uri` and `handle_path`",
    traefik: "remove the middlewares replacePath, replacePathRegex, addPrefix and stripPrefix",
    haproxy: "remove `http-request set-path`, `set-uri`, `set-query` and `normalize-uri`",
  },
  bodySize: {
    nginx: "client_max_body_size 16k; or more",
    caddy: "request_body { max_size 16KB } or more, or remove it",
    traefik: "buffering.maxRequestBodyBytes: 16384, or more",
    haproxy: "remove the rule on `req.body_size` or `req.hdr(content-length)`",
  },
  headSize: {
    nginx: "large_client_header_buffers 4 16k;",
    caddy: "servers { max_header_size 64KB } in the global options",
    traefik: "entryPoints.NAME.http.maxHeaderBytes: 65536",
    haproxy: "tune.bufsize 32768 in `global`",
  },
  replyBuffers: {
    nginx: "proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k;",
    haproxy: "tune.bufsize 32768 in `global`",
  },
  patience: {
    nginx: "proxy_read_timeout 30s;",
    caddy: "remove `response_header_timeout` and `read_timeout`, or set 30s",
    traefik: "serversTransport.forwardingTimeouts.responseHeaderTimeout: 30s",
    haproxy: "timeout server 30s",
  },
  keepAlive: {
    nginx:
      'proxy_http_version 1.1; proxy_set_header Connection ""; and `keepalive 16;` in the upstream block',
    caddy: "remove `keepalive off` from `transport http`",
    traefik: "remove `disableHTTP2`/`maxIdleConnsPerHost: -1` from serversTransport",
    haproxy: "remove `option httpclose` and `option http-server-close`",
  },
  caching: {
    nginx: "proxy_cache off; proxy_no_cache 1; and no `proxy_ignore_headers Cache-Control`",
    caddy: "remove `cache`",
    traefik: "remove the middleware that caches",
    haproxy: "remove `http-request cache-use` and `http-response cache-store`",
  },
  ownAnswers: {
    nginx: "remove `proxy_intercept_errors on` and the `error_page` of these statuses",
    caddy: "remove `handle_response` and `handle_errors` for these statuses",
    traefik: "remove the middleware `errors`",
    haproxy: "remove `http-response return` and `http-response set-status`",
  },
  ownLogin: {
    nginx: "auth_basic off; and no `auth_request` in this server block",
    caddy: "remove `basic_auth` and `forward_auth` from this site",
    traefik: "remove the middlewares basicAuth and forwardAuth from this router",
    haproxy: "remove `http-request auth` and the Lua action from this frontend",
  },
  methods: {
    nginx: "remove `limit_except` and `if ($request_method …)`",
    caddy: "remove the `method` matcher",
    traefik: "remove `Method(…)` from the rule",
    haproxy: "remove the rule on `method`",
  },
  bodies: {
    nginx: "remove `sub_filter`, `gzip_types` and `proxy_pass_request_body off`",
    caddy: "remove `encode`, `replace` and `templates`",
    traefik: "remove the middlewares compress and rewriteBody",
    haproxy: "remove `filter compression` and Lua filters",
  },
} as const satisfies Readonly<Record<string, Remedy>>

/** The same remedy with a name filled in. */
export function remedyFor(remedy: Remedy, word: "NAME" | "ADDRESS", value: string): Remedy {
  const shown =
    word === "NAME" ? value.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase()) : value
  return Object.fromEntries(
    Object.entries(remedy).map(([kind, line]) => [kind, line.replaceAll(word, shown)]),
  )
}
