# Makes the tokens of library_tokens.ts with PyJWT, called as Flask-JWT-Extended 4.7 calls it: its
# claims in its order, `csrf` and `nbf` included. The times are those of the tests' clock.
# It was run with PyJWT 2.6: python3 make_tokens.py > library_tokens.ts, then npm run format

import jwt

SECRET = "dHa6ODXJWi/rgR1AD6KBRYhAZaeKetq/j+LivBEnbxMskj039A2kgpFkpZNx6cac"
NOW = 1_795_447_800
DAY = 86_400


def token(kind="access", life=900, left_out=(), headers=None, secret=SECRET, **changes):
    claims = {"fresh": False, "iat": NOW, "jti": "0a4c8a0e-55a0-4b7c-8a5b-3d9c3e0b7a11"}
    claims |= {"type": kind, "sub": "alice", "nbf": NOW}
    claims |= {"csrf": "9d1a7c1e-2f0b-4d63-9d7e-5a6b1c2d3e4f"}
    # These stand before `exp`; whatever an application adds of its own comes last.
    claims |= {name: changes.pop(name) for name in ("aud", "iss") if name in changes}
    claims |= {} if life is None else {"exp": claims["iat"] + life}
    claims |= changes
    claims = {name: value for name, value in claims.items() if name not in left_out}
    return jwt.encode(claims, secret, headers=headers)


tokens = {
    "access": token(),
    "fresh": token(fresh=True),
    "freshForAMinute": token(fresh=NOW + 60 + 0.018339),
    "withoutCsrfAndNbf": token(left_out=("csrf", "nbf")),
    "withClaims": token(tenant="Zoë & Söhne", score=1.0, small=1e-05, nested={"a": [1]}),
    "withRoles": token(roles=["admin"]),
    "withASidOfItsOwn": token(sid="session-7"),
    "forADay": token(life=DAY),
    "forMoreThanADay": token(life=DAY + 1),
    "forTenYears": token(life=3650 * DAY),
    "withoutExp": token(life=None),
    "onlySub": token(life=None, left_out=("fresh", "iat", "jti", "type", "nbf", "csrf")),
    "withoutSub": token(left_out=("sub",)),
    "withoutJti": token(left_out=("jti",)),
    "withoutType": token(left_out=("type",)),
    "ofAnotherType": token(kind="app"),
    "numberAsSub": token(sub=7),
    "numberAsJti": token(jti=7),
    "inHalfAMinute": token(iat=NOW + 30, nbf=NOW + 30),
    "validInHalfAMinute": token(nbf=NOW + 30),
    "ofNobody": token(sub="mallory"),
    "ofAnotherSecret": token(secret=SECRET[::-1]),
    "hs512": token(headers={"alg": "HS512"}),
    "withAKid": token(headers={"kid": "1"}),
    "withAHeaderOfItsOwn": token(headers={"app": "shop"}),
    "audience": token(aud="api"),
    "audienceList": token(aud=["web", "api"]),
    "otherAudience": token(aud="web"),
    "issuer": token(iss="shop"),
    "issuerAndAudience": token(iss="shop", aud="api"),
    "otherIssuer": token(iss="Shop", aud="api"),
    "refresh": token("refresh", 30 * DAY),
    "otherRefresh": token("refresh", 30 * DAY, jti="7f9c2ba4-e88f-427d-a9d1-8a3d0c4b5e6f"),
    "refreshForAMinute": token("refresh", 60),
    "refreshForAYear": token("refresh", 365 * DAY),
    "refreshWithoutExp": token("refresh", None),
    "refreshOfNobody": token("refresh", 30 * DAY, sub="mallory"),
}

print("// Tokens that PyJWT made; make_tokens.py says how, and is what to change.\n")
print("/** Tokens of a Flask-JWT-Extended application that has the secret of the tests. */")
print("export const libraryTokens = {")
for name, text in tokens.items():
    lines = [text[at : at + 88] for at in range(0, len(text), 88)]
    print(f'  {name}: "' + '" +\n    "'.join(lines) + '",')
print("} as const")
