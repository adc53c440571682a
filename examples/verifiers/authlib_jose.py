# Authlib. It does not fetch keys by itself: keep them for 5 minutes at most.
import json, sys, urllib.request
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError

issuer, algorithm, *tokens = sys.argv[1:]
answer = urllib.request.urlopen(issuer + "/.well-known/jwks.json", timeout=5)
keys = JsonWebKey.import_key_set(json.load(answer))
rules = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": issuer}}


def verify(token):
    claims = JsonWebToken([algorithm]).decode(token, keys, claims_options=rules)
    claims.validate(leeway=10)
    if claims.header["typ"] != "at+jwt":
        raise JoseError("another kind of token")
    return claims


for token in tokens:
    try:
        print("OK", verify(token)["sub"])
    except (JoseError, ValueError) as error:  # ValueError: no such key.
        print("refused", type(error).__name__, error)
