// What a proxy makes of Postern's answer about a request to a protected host.

import { type Sample, shortened, verifyRequestOf } from "../evidence.ts"
import { type Result, wrong } from "../finding.ts"
import { headerOf, valuesOf } from "../http_answer.ts"
import { remedies } from "../remedies.ts"

/** What the proxy made of Postern's answer, when it is something else. */
export function findChangedAnswer(sample: Sample): Result | null {
  const asked = verifyRequestOf(sample)
  const { answer } = sample.exchange
  const reply = asked?.reply ?? null
  if (answer === null) return null
  if (reply === null) return answer.status < 500 ? null : failedAlone(sample, answer.status)
  const location = headerOf(reply.rawHeaders, "location")
  const arrived = headerOf(answer.rawHeaders, "location")
  if (answer.status >= 500) {
    return wrong(
      `Postern answered ${reply.status} to ${kindOf(sample)}, and the proxy made ${answer.status} of it`,
      {
        effect: "Users see an error in the place of the login.",
        remedy: remedies.replyBuffers,
      },
    )
  }
  const basic = basicOtherwise(sample, { asked: reply, answer })
  if (basic !== null) return basic
  if (location === undefined || answer.status === 401) return null
  if (location !== arrived) {
    const shown = arrived === undefined ? "none" : `'${shortened(arrived)}'`
    return wrong(`The proxy does not pass on where the login is: Location is ${shown}`, {
      effect: "Nobody gets in.",
      remedy: {
        nginx: "error_page 401 = @p401; with `return 302 $p_location;` there",
        traefik: "authResponseHeaders don't need Location; remove authSigninURL",
      },
    })
  }
  const cookies = valuesOf(reply.rawHeaders, "set-cookie").join()
  if (cookies === valuesOf(answer.rawHeaders, "set-cookie").join()) return null
  return wrong("The proxy does not pass on the cookie of the login's start", {
    effect: "Users log in and are asked to log in again.",
    remedy: { nginx: "add_header Set-Cookie $p_cookie always; in @p401" },
  })
}

interface WithHeaders {
  readonly rawHeaders: readonly string[]
}

/** What went wrong with a challenge by Basic, which programs need and browsers must not get. */
function basicOtherwise(
  { probe: { name } }: Sample,
  { asked, answer }: { readonly asked: WithHeaders; readonly answer: WithHeaders },
): Result | null {
  if (!asksBasic(asked)) return null
  if (name !== "gate_program") {
    return wrong(
      "Postern takes a browser for a program: the proxy does not pass on what shows it",
      {
        effect: "Browsers ask people for a name and a password, which no one should type there.",
        remedy: { any: "Pass Cookie, Origin, Referer and Sec-Fetch-… to Postern, too" },
      },
    )
  }
  if (asksBasic(answer)) return null
  return wrong("The proxy does not pass on that a program may log in by Basic", {
    effect: "Git and WebDAV can't log in by a service token.",
    remedy: {
      any: "Pass WWW-Authenticate of Postern's 401 to the client",
      haproxy: "www-authenticate among the headers that haproxy_postern.lua passes on",
    },
  })
}

function asksBasic({ rawHeaders }: WithHeaders): boolean {
  return /^basic /i.test(headerOf(rawHeaders, "www-authenticate") ?? "")
}

/** The proxy failed before it could ask. */
function failedAlone(sample: Sample, status: number): Result {
  return wrong(`The proxy answers ${status} to ${kindOf(sample)}, without a question to Postern`, {
    effect: "Users see an error in the place of the login.",
    remedy: {
      any: "See the proxy's log",
      nginx: "large_client_header_buffers 4 16k; and proxy_buffers in the location of /verify",
    },
  })
}

function kindOf({ probe: { name, method } }: Sample): string {
  const sizes: Readonly<Record<string, string>> = {
    gate_long: "a long address",
    gate_large: "a request with a large head",
  }
  return sizes[name] ?? `a ${method}`
}
