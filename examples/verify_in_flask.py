# A Flask app verifies Postern's tokens by the published keys: pip install flask pyjwt[crypto]
# Run it beside Postern: ISSUER=http://localhost:8080 flask --app verify_in_flask run

import functools
import os

import flask
import jwt

ISSUER = os.environ["ISSUER"]
keys = jwt.PyJWKClient(ISSUER + "/.well-known/jwks.json")
app = flask.Flask(__name__)


def login_required(view):
    @functools.wraps(view)
    def guarded(*args, **kwargs):
        scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise jwt.InvalidTokenError("no bearer token")
            if jwt.get_unverified_header(token).get("typ") != "at+jwt":
                raise jwt.InvalidTokenError("not an access token")
            key = keys.get_signing_key_from_jwt(token).key
            flask.g.claims = jwt.decode(
                token, key, algorithms=["ES256"], issuer=ISSUER, audience=ISSUER,
                options={"require": ["exp", "iat", "sub", "jti"]},
            )
        except jwt.PyJWTError:
            return {"msg": "Invalid token"}, 401, {"WWW-Authenticate": "Bearer"}
        return view(*args, **kwargs)
    return guarded


@app.get("/hello")
@login_required
def hello():
    return {"hello": flask.g.claims["sub"]}
