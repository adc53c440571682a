// Compares what one side sent with what the other side got, member by member. Knows nothing of
// what a difference means: checks/ judges. Pure.

import { type BodyMark, markOf, type SeenRequest } from "../../admin/request_watch.ts"
import type { Sample } from "./evidence.ts"
import { type HttpAnswer, readableBody, valuesOf } from "./http_answer.ts"

/** A difference between sent and arrived. */
export interface Difference {
  /** `method`, `target`, `status`, `body`, or a header's name in lower case. */
  readonly name: string
  readonly kind: "missing" | "changed" | "added"
  readonly sent: string
  readonly arrived: string
}

/** Headers of one hop (RFC 9110 §7.6.1), and those that a hop may replace. */
const ofOneHop = [
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"],
  ...["upgrade", "via", "content-length"],
]
/** The proxy's own words about the client: client_address.ts and gates.ts judge them. */
const ofProxies = /^(?:x-forwarded-.*|x-real-ip|forwarded|remote-.*|x-request-id|x-amzn-.*|cf-.*)$/
const ownOfReplies = ["date", "server", "alt-svc", "age", "content-encoding"]

/** What became of a request on its way in. */
export function requestDifferences(
  { exchange: { question }, address }: Sample,
  seen: SeenRequest,
): readonly Difference[] {
  const { method, target, rawHeaders, body = "" } = question
  const wanted = targetWithin(target, address.path)
  const sentBody = markOf(Buffer.from(body))
  return [
    ...differenceOf("method", method, seen.method),
    ...differenceOf("target", wanted, seen.target),
    ...headerDifferences(rawHeaders, seen.rawHeaders, isAboutHops),
    // A route that is not the one that was asked may leave the body unread.
    ...(seen.body === null || wanted !== seen.target ? [] : bodyDifference(sentBody, seen.body)),
  ]
}

/** What became of a reply on its way out. */
export function replyDifferences(
  { exchange: { question } }: Sample,
  seen: SeenRequest,
  answer: HttpAnswer,
): readonly Difference[] {
  if (seen.reply === null) return []
  const { status, rawHeaders, body } = seen.reply
  const isBodyless = question.method === "HEAD" || status === 204 || status === 304
  const arrived = markOf(readableBody(answer))
  const coding = valuesOf(answer.rawHeaders, "content-encoding")
  // A coding has an entity tag of its own (RFC 9110 §8.8.3).
  const coded = coding.length > 0 ? ["etag", "accept-ranges"] : []
  return [
    ...differenceOf("status", `${status}`, `${answer.status}`),
    ...headerDifferences(rawHeaders, answer.rawHeaders, (name) =>
      [...ofOneHop, ...ownOfReplies, ...coded].includes(name),
    ),
    ...(coding.length > 0 && valuesOf(rawHeaders, "content-encoding").length === 0
      ? [{ name: "content-encoding", kind: "added", sent: "", arrived: coding.join() } as const]
      : []),
    ...(isBodyless ? [] : bodyDifference(body, arrived)),
  ]
}

/** A target without the path of the public address, which the proxy removes. */
function targetWithin(target: string, path: string): string {
  return path !== "" && target.startsWith(`${path}/`) ? target.slice(path.length) : target
}

/** What a proxy may write, and other checks look at. */
function isAboutHops(name: string): boolean {
  return [...ofOneHop, "host", "accept-encoding"].includes(name) || ofProxies.test(name)
}

function headerDifferences(
  sent: readonly string[],
  arrived: readonly string[],
  isIgnored: (name: string) => boolean,
): readonly Difference[] {
  const namesOf = (list: readonly string[]) =>
    list.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
  const names = new Set([...namesOf(sent), ...namesOf(arrived)])
  return [...names]
    .filter((name) => !isIgnored(name))
    .flatMap((name) => compareValues(name, valuesOf(sent, name), valuesOf(arrived, name)))
}

function compareValues(
  name: string,
  sent: readonly string[],
  arrived: readonly string[],
): readonly Difference[] {
  // Vary may grow: a proxy that compresses has to add to it.
  const [before, after] = [sent.join(", "), arrived.join(", ")]
  const hasAll = tokensOf(before).every((token) => tokensOf(after).includes(token))
  if (before === after || (name === "vary" && hasAll)) return []
  const kind = sent.length === 0 ? "added" : arrived.length === 0 ? "missing" : "changed"
  return [{ name, kind, sent: before, arrived: after }]
}

function tokensOf(value: string): readonly string[] {
  return value
    .toLowerCase()
    .split(",")
    .map((token) => token.trim())
    .filter((token) => token !== "")
}

function bodyDifference(sent: BodyMark, arrived: BodyMark): readonly Difference[] {
  if (sent.sha256 === arrived.sha256) return []
  const other = sent.bytes === arrived.bytes ? "other " : ""
  const [before, after] = [`${sent.bytes} bytes`, `${arrived.bytes} ${other}bytes`]
  return [{ name: "body", kind: "changed", sent: before, arrived: after }]
}

function differenceOf(name: string, sent: string, arrived: string): readonly Difference[] {
  return sent === arrived ? [] : [{ name, kind: "changed", sent, arrived }]
}
