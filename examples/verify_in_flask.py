# Verify Postern's access tokens in a Flask app with PyJWT, by the published keys and by the list of
# revocations: a logout takes effect here within 15 s. Copy revocations.py, too. ISSUER is the `iss`
# of the tokens, ADDRESS is where this app reaches Postern:
#   ISSUER=https://login.example.org ADDRESS=http://postern:8080 flask --app verify_in_flask run
import os
import flask, jwt  # pip install flask pyjwt[crypto]
from revocations import Revocations, Unreachable

ISSUER = os.environ["ISSUER"]
ADDRESS = os.environ.get("ADDRESS", ISSUER)
app = flask.Flask(__name__)
keys = jwt.PyJWKClient(ADDRESS + "/.well-known/jwks.json")
revocations = Revocations(ADDRESS)


def find_key(token):
    kid = jwt.get_unverified_header(token).get("kid")
    try:
        known = keys.get_signing_keys()
        if kid not in [key.key_id for key in known]:
            known = keys.get_signing_keys(refresh=True)
    except Exception as error:  # PyJWKClientError, and what urllib and json raise.
        raise Unreachable(error)
    for key in known:
        if key.key_id == kid:
            return key.key
    raise jwt.InvalidTokenError("no such key")


def verify(token):
    rules = {"require": ["exp", "sub", "sid", "jti"]}
    # Clocks differ: a token of just now may be dated ahead of the clock here.
    names = {"audience": ISSUER, "issuer": ISSUER, "leeway": 10}
    claims = jwt.decode(token, find_key(token), ["ES256"], rules, **names)
    if jwt.get_unverified_header(token)["typ"] != "at+jwt":
        raise jwt.InvalidTokenError("another kind of token")
    if revocations.has(claims):
        raise jwt.InvalidTokenError("Token has been revoked")
    return claims


@app.before_request  # Every route needs a token, so none is open by mistake.
def require_token():
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return {"msg": "Missing token"}, 401, {"WWW-Authenticate": "Bearer"}
    try:
        flask.g.claims = verify(token.strip())
    except Unreachable as error:
        app.logger.warning("Token refused: Postern can't be asked: %s", error)
        return {"msg": "Try again"}, 503, {"Retry-After": "5"}
    except Exception as error:  # After any other error the token is not verified either.
        app.logger.warning("Token refused: %s", error)
        challenge = 'Bearer error="invalid_token"'
        return {"msg": "Invalid token"}, 401, {"WWW-Authenticate": challenge}


@app.get("/hello")
def hello():
    return {"hello": flask.g.claims["sub"]}
