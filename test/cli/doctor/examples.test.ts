// postern doctor finds nothing wrong with the files of examples/protect/, run by the programs that
// they are for.

import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { readProjectFile } from "../../support/page.ts"
import { startProtectedSite } from "../../support/protected_site.ts"
import { noProxies, proxyPrograms } from "../../support/proxy_programs.ts"
import { complaints, startWorld } from "./proxied.ts"

/** Where each file says at which port it takes http. */
const plainPlace =
  /(?:http_port |listen 127\.0\.0\.1:|frontend http\n\s+bind 127\.0\.0\.1:)(\d+)(?:;|\n)/

for (const program of proxyPrograms) {
  test(`doctor: examples/protect with ${program}`, { skip: noProxies }, async (t) => {
    const world = await startWorld(t as TestContext, {
      POSTERN_ISSUER: "https://login.home.example",
      POSTERN_PROTECT: readProjectFile("examples/protect/protected_hosts.txt"),
    })
    const both = join(world.directory, "both.pem")
    writeFileSync(both, `${readFileSync(world.certificate)}${readFileSync(world.key)}`)
    let plainPort = 0
    const site = await startProtectedSite(t as TestContext, {
      ...{ program, posternPort: world.postern.port },
      edit(text) {
        const plain = plainPlace.exec(text)?.[1]
        if (plain !== undefined) plainPort = Number(plain)
        return text
          .replace(/\S+\/both\.pem/g, both)
          .replace(/[^\s;]+\/certificate\.pem/g, world.certificate)
          .replace(/[^\s;]+\/key\.pem/g, world.key)
      },
    })
    assert.ok(plainPort > 0)
    const printed = await world.doctor({ ports: { 443: site.port, 80: plainPort } })
    assert.deepEqual(complaints(printed), [])
    assert.equal(printed.exitCode, 0)
    const hosts = printed.findings.map(({ check }) => check)
    for (const host of ["photos.home.example", "git.example.net"]) assert.ok(hosts.includes(host))
  })
}
