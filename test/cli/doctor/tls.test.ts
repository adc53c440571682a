// postern doctor on certificates that browsers refuse, on ports that speak something else, on names
// with two addresses, and from a machine that is not the service's.

import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { noProxies } from "../../support/proxy_programs.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { complaints, loginAddress, openssl, startWorld, type Ways, type World } from "./proxied.ts"
import { type Script, startScriptedProxy } from "./scripted_proxy.ts"

interface CertificateWishes {
  readonly name: string
  readonly names?: string
  readonly from?: string
  readonly until?: string
  /** By an authority below the one that is trusted. */
  readonly isBelow?: true
  readonly isSelfSigned?: true
}

/** A certificate of the world's key. */
function certificateOf(world: World, wishes: CertificateWishes): Script["certificate"] & object {
  const {
    names = "DNS:login.example.org",
    from = "20240101000000Z",
    until = "20990101000000Z",
  } = wishes
  const directory = join(world.directory, wishes.name)
  const file = (name: string) => `${directory}-${name}`
  const make = (
    subject: string,
    issuer: { cert: string; key: string } | null,
    extension: string,
  ) => {
    const [request, cert] = [file(`${subject}.csr`), file(`${subject}.pem`)]
    openssl(["req", "-new", "-key", world.key, "-subj", `/CN=${subject}`, "-out", request])
    const config = file(`${subject}.cnf`)
    writeFileSync(file("index"), "")
    writeFileSync(
      config,
      `[ca]\ndefault_ca=a\n[a]\ndatabase=${file("index")}\nnew_certs_dir=${world.directory}\n` +
        "default_md=sha256\npolicy=p\nrand_serial=yes\nunique_subject=no\nx509_extensions=x\n" +
        `[p]\ncommonName=supplied\n[x]\n${extension}\n`,
    )
    const by = issuer === null ? ["-selfsign"] : ["-cert", issuer.cert]
    openssl([
      ...["ca", "-batch", "-notext", "-config", config, "-in", request, "-out", cert],
      ...["-startdate", from, "-enddate", until, "-keyfile", issuer?.key ?? world.key, ...by],
    ])
    return cert
  }
  const root = { cert: world.authority, key: world.authorityKey }
  const authority = "basicConstraints=critical,CA:TRUE"
  const below = { cert: wishes.isBelow ? make("below", root, authority) : "", key: world.key }
  const issuer = wishes.isSelfSigned ? null : wishes.isBelow ? below : root
  const cert = make("login.example.org", issuer, `subjectAltName=${names}`)
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(world.key, "utf8") }
}

const rows: readonly (CertificateWishes & { readonly says: RegExp })[] = [
  {
    name: "expired",
    until: "20250101000000Z",
    says: /^wrong: certificate: The certificate has expired, at 2025-01-01T00:00:00Z$/,
  },
  {
    name: "early",
    from: "20980101000000Z",
    says: /^wrong: certificate: The certificate is not valid yet$/,
  },
  {
    name: "names",
    names: "DNS:www.example.org",
    says: /^wrong: certificate: .* for other names \(DNS:www\.example\.org\), not for 'login\.example\.org'$/,
  },
  {
    name: "self",
    isSelfSigned: true,
    says: /^wrong: certificate: The certificate is not trusted here \(DEPTH_ZERO_SELF_SIGNED_CERT/,
  },
  {
    name: "chain",
    isBelow: true,
    says: /^wrong: certificate: The proxy does not send the certificate of its issuer \(below\)$/,
  },
]

const noTurns = (line: string) => !line.includes("opens a connection for each")

test("doctor: certificates that browsers refuse", { skip: noProxies }, async (t) => {
  const world = await startWorld(t)
  const asked = rows.map(async ({ name, says, ...wishes }) => {
    const certificate = certificateOf(world, { name, ...wishes })
    const port = await startScriptedProxy(t, world, { certificate })
    return { name, says, printed: await world.doctor({ ports: { 443: port, 80: 9 } }) }
  })
  for (const { name, says, printed } of await Promise.all(asked)) {
    await t.test(name, () => {
      const lines = complaints(printed).filter(noTurns)
      assert.equal(lines.length, 1, lines.join("\n"))
      assert.match(lines[0] ?? "", says)
      assert.equal(printed.exitCode, 1)
    })
  }
})

test("doctor: plain HTTP where TLS should be, and the other way round", {
  skip: noProxies,
}, async (t) => {
  const world = await startWorld(t)
  const plain = await world.doctor({ ports: { 443: world.postern.port, 80: 9 } })
  assert.match(
    complaints(plain)[0] ?? "",
    /^wrong: answer: 127\.0\.0\.1 port 443 speaks plain HTTP/,
  )
  const port = await startScriptedProxy(t, world, {})
  const secure = await world.doctor({ ports: { 80: port } }, "http://login.example.org")
  assert.match(
    complaints(secure)[0] ?? "",
    /^wrong: answer: .*port 80 (?:does not answer in HTTP|took)/,
  )
  assert.equal(secure.exitCode, 1)
})

test("doctor: an address of the name at which nobody answers", { skip: noProxies }, async (t) => {
  const world = await startWorld(t)
  const port = await startScriptedProxy(t, world, {})
  const ways: Ways = { ports: { 443: port, 80: 9 }, addresses: ["127.0.0.2", "127.0.0.1", "::1"] }
  const { findings, exitCode } = await world.doctor(ways)
  const texts = findings.filter(({ check }) => check === "addresses").map(({ text }) => text)
  assert.match(texts[0] ?? "", /^The IPv4 address 127\.0\.0\.2 does not answer \(ECONNREFUSED\)$/)
  assert.match(texts[1] ?? "", /^The IPv6 address ::1 does not answer \(\w+\)/)
  assert.equal(exitCode, 1)
})

test("doctor: a server that takes the connection and says nothing", {
  skip: noProxies,
}, async (t) => {
  const world = await startWorld(t)
  const { port } = await silentServer(t)
  const started = performance.now()
  const printed = await world.doctor({ ports: { 443: port, 80: 9 } })
  assert.match(complaints(printed)[0] ?? "", /^wrong: answer: .* refuses TLS \(timeout\)$/)
  assert.ok(performance.now() - started < 20_000)
})

test("doctor: from another machine it says what it can't check", { skip: noProxies }, async (t) => {
  const world = await startWorld(t)
  const elsewhere = { POSTERN_DATA_DIR: temporaryDirectory(t) }
  const port = await startScriptedProxy(t, world, {})
  const broken = await startScriptedProxy(t, world, {
    answer: ({ headers }) => {
      if (headers.indexOf("WWW-Authenticate") > 0)
        headers.splice(headers.indexOf("WWW-Authenticate"), 2)
    },
  })
  const printed = await world.doctor({ ports: { 443: port, 80: 9 } }, loginAddress, elsewhere)
  assert.equal(printed.exitCode, 69)
  assert.equal(printed.result, "unknown")
  const outcomes = Object.fromEntries(
    printed.findings.map(({ check, outcome }) => [check, outcome]),
  )
  for (const check of ["answer", "certificate", "issuer", "routes", "sizes", "cache", "clock"]) {
    assert.equal(outcomes[check], "ok", check)
  }
  for (const check of ["host", "client address", "request headers", "cookies", "answers"]) {
    assert.equal(outcomes[check], "unknown", check)
  }
  const [unseen] = printed.findings.filter(({ check }) => check === "cookies")
  assert.match(unseen?.text ?? "", /^No service runs on the data directory/)
  const other = await world.doctor({ ports: { 443: broken, 80: 9 } }, loginAddress, elsewhere)
  assert.equal(other.exitCode, 1)
  const [lost] = complaints(other).filter((line) => line.startsWith("wrong"))
  assert.equal(lost, "wrong: answers: The proxy removes or changes www-authenticate of answers")
})

async function silentServer(t: TestContext): Promise<{ readonly port: number }> {
  const server = createServer((socket) => socket.on("error", () => {}))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  t.after(() => server.close())
  const address = server.address()
  return { port: typeof address === "object" && address !== null ? address.port : 0 }
}
