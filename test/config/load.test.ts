import assert from "node:assert/strict"
import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import { test } from "node:test"
import { thisMachine } from "../../src/config/hashing.ts"
import { withPort } from "../../src/config/load.ts"
import { settingNames } from "../../src/config/settings.ts"
import { readNetwork } from "../../src/domain/ip_address.ts"
import { loadWithFiles as load } from "../support/settings_files.ts"
import { testKeyPem, testPreviousSecret, testSecret } from "../support/test_keys.ts"

test("loadConfig() of nothing gives the defaults", () => {
  const address = "http://localhost:8080"
  assert.deepEqual(load({}), {
    host: "127.0.0.1",
    port: 8080,
    dataDirectory: resolve("data"),
    database: null,
    browser: null,
    publicAddress: address,
    trustedProxies: [],
    forwardedHeader: "X-Forwarded-For",
    keepAlive: { clientSeconds: 5, proxySeconds: 75 },
    allowedHosts: null,
    corsOrigins: [],
    hasAdminApi: false,
    includeSubdomains: false,
    claims: {
      profile: "published",
      issuer: address,
      audience: address,
      acceptedIssuers: [address],
      acceptedAudiences: [address],
      accessTtlSeconds: 900,
      leewaySeconds: 0,
    },
    sessions: {
      idleSeconds: 14 * 86_400,
      maxAgeSeconds: 30 * 86_400,
      graceSeconds: 30,
      perUserMax: 50,
    },
    signing: { kind: "generated", algorithm: "ES256" },
    keyRotationSeconds: null,
    auditFile: null,
    registration: "closed",
    requirement: { kind: "none" },
    trustSeconds: null,
    seedUsers: [],
    hashParameters: { memoryKib: 19_456, passes: 2 },
    hashesAtATime: Math.min(availableParallelism(), 2),
    memoryBytes: thisMachine().memoryBytes,
    logLevel: "info",
    metrics: null,
    notices: [],
  })
})

test("loadConfig() reads every setting", () => {
  const config = load({
    POSTERN_HOST: "::",
    POSTERN_PORT: "80",
    POSTERN_DATA_DIR: "/srv/postern",
    POSTERN_ISSUER: "https://login.example.org",
    POSTERN_AUDIENCE: "api",
    POSTERN_TRUSTED_PROXIES: "10.0.0.0/8,127.0.0.1",
    POSTERN_FORWARDED_HEADER: "forwarded",
    POSTERN_KEEP_ALIVE: "30s",
    POSTERN_PROXY_KEEP_ALIVE: "130",
    POSTERN_ALLOWED_HOSTS: "Login.Example.org,postern",
    POSTERN_CORS_ORIGINS: "https://app.example.org,http://localhost:5173",
    POSTERN_HSTS_INCLUDE_SUBDOMAINS: "on",
    JWT_ACCESS_TOKEN_EXPIRES: "1h",
    JWT_REFRESH_TOKEN_EXPIRES: "7d",
    POSTERN_SESSION_MAX_AGE: "365d",
    POSTERN_REFRESH_GRACE: "0",
    POSTERN_SESSIONS_PER_USER: "3",
    JWT_ALGORITHM: "EdDSA",
    POSTERN_KEY_ROTATION: "90d",
    JWT_DECODE_LEEWAY: "10",
    POSTERN_REGISTRATION: "open",
    POSTERN_REQUIRE_MFA: "role=admin",
    POSTERN_TRUST_DEVICE: "30d",
    POSTERN_ADMIN_API: "on",
    POSTERN_SEED_USERS: "alice:wonderland",
    POSTERN_HASH_MEMORY: "65536",
    POSTERN_HASH_PASSES: "3",
    POSTERN_AUDIT_FILE: "/srv/postern/audit.jsonl",
    POSTERN_LOG_LEVEL: "debug",
    POSTERN_METRICS_PORT: "9464",
    POSTERN_METRICS_HOST: "::1",
    UV_THREADPOOL_SIZE: "2",
    PATH: "/bin",
  })
  assert.deepEqual(config, {
    host: "::",
    port: 80,
    dataDirectory: "/srv/postern",
    database: null,
    browser: null,
    publicAddress: "https://login.example.org",
    trustedProxies: [readNetwork("10.0.0.0/8"), readNetwork("127.0.0.1")],
    forwardedHeader: "Forwarded",
    keepAlive: { clientSeconds: 30, proxySeconds: 130 },
    allowedHosts: ["login.example.org", "postern"],
    corsOrigins: ["https://app.example.org", "http://localhost:5173"],
    hasAdminApi: true,
    includeSubdomains: true,
    claims: {
      profile: "published",
      issuer: "https://login.example.org",
      audience: "api",
      acceptedIssuers: ["https://login.example.org"],
      acceptedAudiences: ["api"],
      accessTtlSeconds: 3600,
      leewaySeconds: 10,
    },
    sessions: {
      idleSeconds: 7 * 86_400,
      maxAgeSeconds: 365 * 86_400,
      graceSeconds: 0,
      perUserMax: 3,
    },
    signing: { kind: "generated", algorithm: "EdDSA" },
    keyRotationSeconds: 90 * 86_400,
    auditFile: "/srv/postern/audit.jsonl",
    registration: "open",
    requirement: { kind: "role", role: "admin" },
    trustSeconds: 30 * 86_400,
    seedUsers: [{ username: "alice", password: "wonderland" }],
    hashParameters: { memoryKib: 65_536, passes: 3 },
    hashesAtATime: 1,
    memoryBytes: thisMachine().memoryBytes,
    logLevel: "debug",
    metrics: { host: "::1", port: 9464 },
    notices: [],
  })
})

test("loadConfig() signs with a private key that it is given", () => {
  const { signing } = load({ JWT_PRIVATE_KEY: testKeyPem })
  assert.deepEqual(signing, { kind: "imported", algorithm: "ES256", key: testKeyPem.trimEnd() })
})

test("loadConfig() makes the audit file's path absolute", () => {
  assert.equal(load({ POSTERN_AUDIT_FILE: "audit.jsonl" }).auditFile, resolve("audit.jsonl"))
})

test("loadConfig() gives a frozen object", () => {
  const config = load({})
  assert.throws(() => Object.assign(config, { port: 1 }), {
    name: "TypeError",
    message: /read only property 'port'/,
  })
  assert.ok(Object.isFrozen(config))
})

test("loadConfig() treats an empty value as not set", () => {
  const empty = settingNames.map((name) => [name, ""])
  assert.deepEqual(load(Object.fromEntries(empty)), load({}))
})

test("loadConfig() takes the port's address for the issuer and that for the audience", () => {
  const { publicAddress, claims } = load({ POSTERN_PORT: "9000" })
  const address = "http://localhost:9000"
  assert.deepEqual([publicAddress, claims.issuer, claims.audience], [address, address, address])
  const { issuer, audience, acceptedAudiences } = load({
    POSTERN_ISSUER: "https://a.example",
  }).claims
  assert.deepEqual([audience, acceptedAudiences], [issuer, [issuer]])
})

test("withPort() replaces port 0 by the real port", () => {
  const address = "http://localhost:45678"
  const { publicAddress, claims } = withPort(load({ POSTERN_PORT: "0" }), 45_678)
  assert.deepEqual([publicAddress, claims.issuer, claims.audience], [address, address, address])
  assert.deepEqual([claims.acceptedIssuers, claims.acceptedAudiences], [[address], [address]])
  const named = withPort(load({ POSTERN_PORT: "0", POSTERN_AUDIENCE: "app" }), 45_678).claims
  assert.deepEqual([named.issuer, named.audience], [address, "app"])
  assert.deepEqual(named.acceptedAudiences, ["app"])
})

test("withPort() keeps an issuer and an audience that were set", () => {
  for (const environment of [
    { POSTERN_PORT: "9000" },
    { POSTERN_PORT: "0", POSTERN_ISSUER: "https://login.example.org" },
    { POSTERN_PORT: "0", JWT_SECRET_KEY: testSecret },
  ]) {
    const config = load(environment)
    assert.equal(withPort(config, 45_678), config)
  }
})

test("loadConfig() with a shared secret signs HS256", () => {
  const { signing } = load({ JWT_SECRET_KEY: testSecret })
  assert.deepEqual(signing, { kind: "shared", algorithm: "HS256", secret: testSecret })
})

test("loadConfig() takes the previous shared secret", () => {
  const environment = { JWT_SECRET_KEY: testSecret, JWT_SECRET_KEY_PREVIOUS: testPreviousSecret }
  const { signing } = load(environment)
  const secrets = { secret: testSecret, previous: testPreviousSecret }
  assert.deepEqual(signing, { kind: "shared", algorithm: "HS256", ...secrets })
})

for (const algorithm of ["HS256", "HS384", "HS512"]) {
  test(`loadConfig() with a shared secret takes ${algorithm}`, () => {
    const { signing } = load({ JWT_SECRET_KEY: testSecret, JWT_ALGORITHM: algorithm })
    assert.deepEqual(signing, { kind: "shared", algorithm, secret: testSecret })
  })
}

for (const algorithm of ["ES256", "EdDSA", "PS256", "RS256"]) {
  test(`loadConfig() without a secret generates a key for ${algorithm}`, () => {
    assert.deepEqual(load({ JWT_ALGORITHM: algorithm }).signing, { kind: "generated", algorithm })
  })
}
