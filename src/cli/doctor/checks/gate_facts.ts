// How a proxy describes a request to a protected host, compared with that request.

import { type Sample, shortened, verifyRequestOf } from "../evidence.ts"
import { type Result, warning, wrong } from "../finding.ts"
import { headerOf } from "../http_answer.ts"
import { forged } from "../probes.ts"

/** The first header by which the proxy describes a request otherwise than it was sent. */
export function findFalseFact(sample: Sample): Result | null {
  const asked = verifyRequestOf(sample)
  const { address, endpoint, exchange } = sample
  const isPlain = endpoint.tlsName === null
  if (asked === undefined || isPlain || asked.target.startsWith("/verify/envoy")) return null
  const { method, target } = exchange.question
  const wanted: readonly (readonly [string, string])[] = [
    ["X-Forwarded-Host", address.host],
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Uri", target],
    ["X-Forwarded-Method", method],
  ]
  for (const [name, right] of wanted) {
    const value = headerOf(asked.rawHeaders, name)
    if (value !== right && value !== `${right}:443`) return falseResult(name, { value, right })
  }
  return null
}

function falseResult(
  name: string,
  { value, right }: { readonly value: string | undefined; readonly right: string },
): Result {
  const claims: readonly string[] = [forged.host, forged.uri, forged.method]
  const isClaimed = value !== undefined && claims.some((claim) => value.includes(claim))
  const what =
    value === undefined
      ? `does not tell Postern ${name}`
      : isClaimed
        ? `passes on the ${name} of the client`
        : `tells Postern '${name}: ${shortened(value)}' in the place of '${shortened(right)}'`
  const variable: Readonly<Record<string, string>> = {
    "X-Forwarded-Host": "$host",
    "X-Forwarded-Proto": "$scheme",
    "X-Forwarded-Uri": "$request_uri",
    "X-Forwarded-Method": "$request_method",
  }
  const isPlain = name === "X-Forwarded-Proto" && value === "http"
  return (isPlain ? warning : wrong)(`The proxy ${what}`, {
    effect: isClaimed
      ? "Requests are judged by the rule of another host or path."
      : isPlain
        ? "Postern sends users to https without a need, and to the wrong place on other ports."
        : "Nobody gets in, or users come back to another place than they asked for.",
    remedy: {
      nginx: `proxy_set_header ${name} ${variable[name]}; in the location of /verify`,
      caddy: `remove \`header_up ${name} …\` from forward_auth, and trusted_proxies of clients`,
      traefik: "remove `trustForwardHeader` from forwardAuth, unless a proxy is in front",
      haproxy: "set the header in the Lua action from the request itself",
    },
  })
}
