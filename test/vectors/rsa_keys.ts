// RSA keys of 3072 bits that must not sign, although most of them can.

import { createPrivateKey } from "node:crypto"
import { rsaKeyPem } from "./signing_keys.ts"

/** One key in both of its forms. */
export interface BrokenRsaKey {
  readonly name: string
  readonly jwk: Jwk
  /** PKCS#1. */
  readonly pem: string
}

type Jwk = Readonly<Record<string, unknown>>

/** An RSA key of 3072 bits with three primes. */
export const threePrimesKeyPem = `-----BEGIN PRIVATE KEY-----
MIIHTgIBADANBgkqhkiG9w0BAQEFAASCBzgwggc0AgEBAoIBgQDWwG9vZgeoDcNK
U56bG19u7VuqK+Py4HFG+fsF9OTcEayPY00VGFWkfheiocqwWGJo8vVaYgAcbO2T
3euznud3DCV5HGg7Mq/60cSNJnS0MpQ1li+xdg9y7QsqTb6kXM/nfjgoKVl+9Aqq
hVjdjJQa0AiijpDMutr5dD6zrfGBCU96vlRVhCP5q9T9vovFqnvrvQRS4W1gZ3ui
KtE9hxbtR5b8XiCeL3KipvvSlZHOjFT0x7SljhRxS4TqavbpAbt7QaDUCwCdEimd
K434A9/7mpkMGi/2nZv3dMj60z14KaFxMpHqXaDr2iNx+g8U3TWE+/iRjhHhu7nV
mm9rq7ARldQ8cWq0zJRF8tmukm6Mv7wf76yGJwNjnh0YH7HhHm++ClToMSCtj+VZ
mkt+pSqPf9keidZ57p+OW4X/K8qtY361m/i10zgqGNp8kjsEUknEu0RBtX9HUBsg
sXay0o6jnslM6uUGNA6JP0AnXuB4RU+NaBu3zAQfmGiUtWRU2D0CAwEAAQKCAYBU
57pnKcjHKcHXhh4EJxthKRj/u+Cg6xn+POGBZmSBmb9G5bTZLUjXAz9m/l67wAYQ
hlZ5CJwQoQSBXNFOr/nFuJisPI39MbogCYWTZOvpPsIYOavbltje0FeEvz4rj8Jn
PSEIx+hpaCU7bANJfMYln7B6TLF1MD9ZNxt/QLtmDvCYY/zeovNt5V+tj450ldAV
0832rekvMYi6OtLzxgB2gBB3HDQpj/gcMbVKocxDseALb2/kz+Z4xa6VK+5//Bta
4YBX9nklbIj7uuRvvUDjMFY2DTGk2lr2/aJQoZy4cGQRbkkfOc65U95+gyDkWVc7
PazMErk+Mc/jtlB4RDGaeZ0OARDHlWZknFV1Z1+ogIph7dr/X0nOgFyfDsgUxPF/
zzp8voYmwSwiNm9Ylz5PJkX2fWbUKrNJ//5cyFDn4xeEGZn8fkqCFuPYHdDxmFvO
8/kQo68EAGZeJstEBLnZwn8dlFRxnvXy4HGBm0+UretrOPSBb3mt3sFVR4oHNeEC
gYEA+ko2FNfB0zmLrqIasqyE4W9xbFNWZAHuadRMbv+L64AaDNmQKXDXx4zA1n1J
lBnA/Y0xsvnpCs2uYE6/koTT4sIOELxGxHppnjFW6ezgNt+R1nd/xsoRzYifOPVf
Hynle6b4O7M4FqGZUx3L5DFZ0ueLvQR2QT9wj/t8M2q0vvcCgYEA27SMhW5yVD2/
w474Oo7NxMKI7dWUXKtNfw5AdIQAQxGrqVkg5Mw1CMukSVpLhdI4kjjcmPyAASJL
7yVx2MNJb1lW2Txn/Ucwa+aC4sBxtst+c7eN6DgU43sv14l/bDZRiQ8AFlk4hvZg
uYZ0sxkS1G4TX9Gb48EaLx9CZtLN3uMCgYB3iGeprp0nxozaOxrrCA9yJqoRpP9W
RcHaEwTp4eut7gEC8Ai0cerrp2IVTcKNE3ui3ALHSiks+qvz3MgLLpqO6kSTY4ec
oCW+4itzDqjKLB3XQjzo8GpuMXhxWGY0WOr7EfPtdxsrW8QA+PL+KT+PxPtsqyva
33Rfnyhi2ew2YwKBgCzy40zpK7rQZ0s7FM3mKXL32cvOxmuvIEu+PrGXz/Xox5X+
BhzJKpCCGTponsriF3DS8U7bWdThj2d94azXR07gmEQZd6z5w45PurdpZ9peB6Dl
DMNVtfBUY5VVLByXgFbqGrp3xnjWLzPFrlp15sRPQOd5mssd1p2NZ6hhuHzBAoGA
fpVB1id3ZXZha4EOheA8oIa1QXS9JesT1qITDrCo+YDNj58cOGjtgQDOG4wiPEQy
neG88zdifGaOFM0iXGzljQZqRkaPZURY+BEkDsW7Xsi6V/4dY+iJ7HBJjYO+/tt+
8K2VyBx7JPXxGwmYWGy7XdZ7IoM1e0THJo+LgH8+KYYwggGOMIIBigKBgQD/79NI
fsbSGLKXl4hfEkL5/nj+4/izdkc7XJJnm5h1QuPVNtZQmLVsQzdM+CAK9nwnI0Ve
Xt3DzEs3Ip8QCAxOJv4M8TEEy+EDcWyhOEPBX4pleCEgRM3yE0O9yScWLurNxPNC
lHXrYrq7TispStR2fk3HktZxE/UkuVXejjnh2QKBgCjQQt41sVkBrUE1Xf7jN6EM
LplfG2LrArL5sTMqgeZ5M0HmC8kwgQXxthjlHJ8C7YuEOWSyNiUqJ/hz4e+5iNTR
rQO9VrbQGGLnLI6NHWjx5m0F+ipeLoVjAxN5x2znMHR96tj8Oc2+oc6KyaE9GKKI
w7iGtwGzUA16LLJf9eUJAoGAVy40e2p+bxHJ/kNI+xQLOIGnY4zlNkg8O66FedH5
nFBBjc48pRcyzeVyijJhF/iC7FUBTLINyqo25p15GFb2zrMJIrLGg2vv8Mem6P/8
w1h5sgSqvgRn7RHL+Z6hcCDFAzfUIwyuJBRrLR94xsVNdntPUVbQOtFMkX3JG6BV
CNY=
-----END PRIVATE KEY-----
`

const good = jwkOf(rsaKeyPem)
const other = jwkOf(threePrimesKeyPem)

/** A good key with numbers that do not belong to it. */
export const brokenRsaKeys: readonly BrokenRsaKey[] = [
  broken("another modulus", { n: other["n"] }),
  broken("another d", { d: other["d"] }),
  broken("a d of 1", { d: "AQ" }),
  broken("a d that fits p only", { d: good["dp"] }),
  broken("a d that fits q only", { d: good["dq"] }),
  broken("another p", { p: other["p"] }),
  broken("another p and q", { p: other["p"], q: other["q"] }),
  broken("1 as p", { p: "AQ", q: good["n"] }),
  broken("1 as q", { p: good["n"], q: "AQ" }),
  broken("0 as p", { p: "AA" }),
  broken("another dp", { dp: other["dp"] }),
  broken("another dq", { dq: other["dq"] }),
  broken("another qi", { qi: other["qi"] }),
]

function broken(name: string, changes: Jwk): BrokenRsaKey {
  const jwk = { ...good, ...changes }
  return { name, jwk, pem: pkcs1Pem(jwk) }
}

function jwkOf(pem: string): Jwk {
  return { ...createPrivateKey(pem).export({ format: "jwk" }) }
}

/** Writes PKCS#1 (RFC 8017 §A.1.2) without any check: a version and eight integers. */
export function pkcs1Pem(jwk: Jwk): string {
  const members = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map((name) =>
    Buffer.from(String(jwk[name]), "base64url"),
  )
  const integers = [Buffer.alloc(1), ...members].map((bytes) =>
    // Without the zero in front it would be negative.
    derValue(0x02, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.alloc(1), bytes])),
  )
  return labelled("RSA PRIVATE KEY", derValue(0x30, Buffer.concat(integers)))
}

function derValue(tag: number, content: Uint8Array): Buffer {
  const { length } = content
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

/** Writes PEM around whatever it is given. */
export function labelled(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n")
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`
}

/** A good key of 4104 bits, more than a token has room for. */
export const longKeyPem = `-----BEGIN PRIVATE KEY-----
MIIJRgIBADANBgkqhkiG9w0BAQEFAASCCTAwggksAgEAAoICAgDnpOACSmhpqgCV
tHhkhBpn1ftVlq0/prjUlyNVQQf4uL8ocFUC92HQh7Yp5RD+q1KrYfh0SQQwe4DW
0MXFczzMvXbvo5NL06xJ+39iebcB2gYN0gAL7yfPVaNfK1UHcmgP/3uu3cTnxduQ
FM7ldaseNujhQLCB7PpdeIFvXzqbPk6GpuNR/pxTI4/h91gwcX3l13vodpe+Y97E
SIA7ytY0GhWaD+DvpYrvH509zti/AXuRIUOLVNjgXRf/d33bHoLh+I3sT7eOSNPm
B24pUmBIzLSEOkPjFu5akS2iv8v6nwzQ+wPsY/pEtE9dcTOmFQr6lqrllJUOsWB7
/slfESZTursZbj68mRtoXC4Wf+kbVG3Gd26Q9nYsSydGAgQdcaPwI9KGRGAxW53n
e4Ua/XN8ksCTyalR7VLcCWMuCYcRNsKEQmBi8b6+bMEMGQwC7vuk2mZGEdddsoGj
WoDc/WK95EsOuEtGjkILh8frTW9zdPbjJdCv3ocZsSAr69XwEREGX+kDlTlbqzl2
ji4xC+2HvrtZXsLRZj5zH4LjUt9u1YZn+DYT58GKSVwbI0BBbEyHGVPkP8nX8pkB
Qc1WsqlrKgdULB9vYN+/u1sGgDF+QeThIsDOTiV0yxl9oWYQMCnaoP/Qw4svMGMg
Gg176lAelN9+Amq4QXjNjtu7T16fghUCAwEAAQKCAgEkCyoWASj1BBBaOv4eudV4
Abo9a5giltkcrzW+vsM0Rt7rtmrr7r1IGs3UAAIgdl0DMNfdlDz0JEt8YXjci91S
iEqY6C1zt4iP7HO6SXEZ9yhI/zuln71kjBFDLjVpVrptftXqdDR+0fEjnrFA0Anj
xix/XDb6yHp+j9EoGLvASzYhypcFe6YsY5SwVvHge9BYsqpjlgxvgg+4IAXgB+RD
sClbUwwvjeUr5xHq+6QLOHpXL0NYy0eBxcqFpDyvmzRHYAsJUbAgkiFyogZYpKo5
uax/BKfqjndhHUTqFYjyQsxWOjC2mCnphdrxkbs1JQIT0tzdozx8UEpQkOkZg0wg
52kMZdw8rG0niPPogDqoYAGsiEOhPAslh3S1/UWEHh2ddg0JIgoKfkVM306SYEwT
WojFbyz8l3aMx8efgfQUB/PwRuM5Rl6n6Jpn67G8zJjO4T5KK7PpHrcCoUWS9YXG
61qDh7WhrVBUVcvBBysYylNxKD1ROPAPdcJ7+8q10wYyKdhMZnCwT89kHPsRsSYV
bUTAU0nHSWmepJUdRwqWl2lHYS4hkc67zG5qg1WlcV+1puuVNzZU/Vqo6DVXvgQQ
x3st0w2vkYuJOaaPtwzPKaVpxuFWbFSmWQAkWPpey+ErX7Ons6ZcWVdvGxTl7fz9
BjPmVRn78YbgeP9nLdmDSeECggEBD4en98sRKtJZmC6WGJRqrH2pVABpopVrAcM/
fux0ct8+nZtQXyN71yCvU27O4159TRgDXSiMAalYKBPe/G9TblyvTvB/Ob594WwI
8AQmdeeTgYmf7c6Ytfdw4Xig8ig3PTR9vbhroUebVgMOYGZj+ZlJMx9nrwtfG7eJ
1rrKf28uLMBoyqRPiLy2vk03HbJoRVNSTCE/o7N3mlzgdooXLuK1fmF8l2OJB7QC
t6UMFjc5+liEROhy4vgKnQNL3ydxMGlEhmxXTw6OIbCqGNkwtFgPsR2uYtyiBdq2
gtSq35fBWQ0qEPkE2o+XlChdAf8vl+GOXSVSylLGJ9HnNa4ZaAUCggEBDup+yGN2
y7cHDlIIY7yoDb8sFulqTSC+aOC+k5K8eQUYqSK7wv2b3aOpsAcXkxxMdvj2DARc
0re0mV0VcplxSh/cVf8BI3YSWJavLyoqkE9Dl4SJEf6umlqkIzIgrYiqC9upiaNt
Qmhdo6bknBip7MFkFRkzpNNlLwXN64Qd9NftQt/ybJCVx/GmG8oQezJVpx3a3QGH
PIoAhfhwIqQafA2uBVv4weSvrR9N1fTJIv4KpFEj1eNirxyoZbI1BHDMO+ssbGLu
6wQZKBl2gl517yQFypQXmvltRT082uTl4Sv0u4oVAqBssW/bwW3zatW8AmdfcnPG
dIeYq8oSbX69HtECggEBB0i2hOgPNkmRUmrPZdn/KsaJ7GeBJIv2s83zc0HO4K5L
PTtC+Ey5Yk7nTTfU/BoupUFVGpXRDVpzieDAHyDMPiBk7Z6p3di2TEwS6RjZPUYQ
DpsRk0XqpLbZkDe3Lb2lIyUCsUDV4sCmYDJwxNBhpgm6pqrdQ+IOiv6MPVZBcoIg
Y0cgH6Pv1g/Fmv62kkxC0flhyWly4wJjX9ieQ5tDgm89d3icKpm6BQ3ulFpqj+T5
Ya2w5G0urbxvpfOM268xTOajCHW6gc8u5Shqr9r3GC+RtJ5aU+5uZFaQck7zkooo
Wu9swqc6GpVtIEXKUgxyM0fNMW03JsSqQrUWQDxXmE0CggEBC6WFwSoIxB/xXnkn
G9lezv0KjAlNe1Op2XJC3C+jAku8abQ5L5OedH0qLcwb2D4sZmkWlWOCpvXSCj3o
VUcCcoJWJL+sP+gdgxaFSyp9eZiqilBuRqK56sQDjYfChD1FqWSnCFWXJlcfZn0V
29xWMgr+/opjDLwTMZgypUbPrTI8jA8Y1zQ9/5Trwp8QJ2GyB38EObTLx7VpmzHV
PPctxtdXnc+meJ77nQ3oVLuBodUCsjK47HVTxK93vZBcXU9F6TNDyI2nR9I3Ylwf
cMQZCdTywK7Jj7RaYcnjDnfUFvGfch/rL9XbiOBykqIrgqvI1Yepu1AzESIfT2PE
58IiIUECggEBCjUXAhGcttI+EQmSxCKiXsxqMO1Rt6HBkIgsJD8XBY+RdPcrjiD4
4pulxchSKO8bDVFU40gzu7b9ya+fAjNvkxuI7cA79+fJvEhPyldPhrrY1MF07B0M
xZPOZQ6WLItgtbN8N6RPIr6U3zo7ng2VZXV8YFPGwCyjGiO58lbzyIZgVz+9WdnV
FDrNBfwdjvEjWsfMYHI35OfX+Mns3IurC43jY8I2T1YfsGpMaEuW+4YcNAnOny8+
fxq9ZWefAwAp+SON0/dm5IFvpUYO7nW3wzBLjd0LF2y+rU7RCsl1w6cSZlDSg+tk
YNGRRjR/NMz5rV0jQaVcCDSCYmFaXcVoQnw=
-----END PRIVATE KEY-----
`
