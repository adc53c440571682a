# An app behind Postern that trusts nobody's word: it verifies X-Postern-Token, which the proxy
# sends with each request. So a client that gets past the proxy is still nobody. ISSUER is
# POSTERN_ISSUER, APP is this app's own origin, ADDRESS is where it reaches Postern:
#   ISSUER=https://login.home.example APP=https://photos.home.example ADDRESS=http://127.0.0.1:8080 \
#     python3 verify_app_token_in_python.py
import os
from wsgiref.simple_server import make_server
import jwt  # pip install pyjwt[crypto], or Debian's python3-jwt and python3-cryptography

ISSUER = os.environ["ISSUER"]
APP = os.environ["APP"]
keys = jwt.PyJWKClient(os.environ.get("ADDRESS", ISSUER) + "/.well-known/jwks.json")


def verify(token):
    """The claims of a good token, and None for none and any other. Raises
    jwt.PyJWKClientError when Postern's keys can't be had: answer 503."""
    try:
        header = jwt.get_unverified_header(token)
        # Without this line an access token would do.
        if header.get("typ") != "postern-app+jwt":
            return None
        known = {key.key_id: key.key for key in keys.get_signing_keys()}
        if header.get("kid") not in known:
            known = {key.key_id: key.key for key in keys.get_signing_keys(refresh=True)}
        rules = {"require": ["exp", "sub", "sid"]}
        names = {"audience": APP, "issuer": ISSUER, "leeway": 10}
        return jwt.decode(token, known.get(header.get("kid")), ["ES256"], rules, **names)
    except (jwt.InvalidTokenError, TypeError):
        return None


def application(environ, start_response):
    user = verify(environ.get("HTTP_X_POSTERN_TOKEN", ""))
    if user is None:
        start_response("401 Unauthorized", [("Content-Type", "text/plain")])
        return [b"Nobody is logged in\n"]
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"Hello {user['sub']}\n".encode()]


if __name__ == "__main__":
    make_server("127.0.0.1", int(os.environ.get("PORT", "9001")), application).serve_forever()
