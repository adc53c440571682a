# PyJWT, with cryptography.
import sys
import jwt

issuer, algorithm, *tokens = sys.argv[1:]
keys = jwt.PyJWKClient(issuer + "/.well-known/jwks.json")


def verify(token):
    key = keys.get_signing_key_from_jwt(token).key
    claims = jwt.decode(token, key, [algorithm], audience=issuer, issuer=issuer, leeway=10)
    if jwt.get_unverified_header(token)["typ"] != "at+jwt":
        raise jwt.InvalidTokenError("another kind of token")
    return claims


for token in tokens:
    try:
        print("OK", verify(token)["sub"])
    except jwt.PyJWTError as error:
        print("refused", type(error).__name__, error)
