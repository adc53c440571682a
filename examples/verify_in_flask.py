# A Flask app verifies Postern's tokens, by its keys and by its list of what ended: a logout takes
# effect here within 15 s. ISSUER is what tokens say, ADDRESS where Postern is reached from here:
#   ISSUER=https://login.example.org ADDRESS=http://postern:8080 flask --app verify_in_flask run
import json, os, threading, time, urllib.request
import flask, jwt  # pip install flask pyjwt[crypto]

ISSUER = os.environ["ISSUER"]
ADDRESS = os.environ.get("ADDRESS", ISSUER)
app = flask.Flask(__name__)
keys = jwt.PyJWKClient(ADDRESS + "/.well-known/jwks.json")
fetching, ended = threading.Lock(), {"at": -60, "tried": -60, "lists": [set()]}

class Unreachable(Exception):
    """Postern could not be asked. That says nothing about the token."""

def ended_lists():  # At most 10 s old; caches on the way may add 5.
    came = time.monotonic()
    with fetching:  # Who waits here while another request fetches shares what comes of it.
        if came - ended["at"] > 10 and came > ended["tried"]:
            try:
                found = json.load(urllib.request.urlopen(ADDRESS + "/revocations", timeout=5))
                names = {*found["sids"], *found["jtis"]}
                # The list before is kept for the case that the clock here is slow.
                ended.update(at=came, lists=[names, ended["lists"][0]])
            except Exception as error:
                raise Unreachable(error)
            finally:
                ended["tried"] = time.monotonic()
        if came - ended["at"] > 10: raise Unreachable("the list of what ended can't be had")
        return ended["lists"]

def find_key(token):
    kid = jwt.get_unverified_header(token).get("kid")
    try:
        known = keys.get_signing_keys()
        if kid not in [key.key_id for key in known]: known = keys.get_signing_keys(refresh=True)
    except Exception as error:  # PyJWKClientError, and what urllib and json raise.
        raise Unreachable(error)
    for key in known:
        if key.key_id == kid: return key.key
    raise jwt.InvalidTokenError("no such key")

def verify(token):
    rules = {"require": ["exp", "sub", "sid", "jti"]}
    # 10 s, since clocks differ: a token of just now may be dated ahead of the clock here.
    names = {"audience": ISSUER, "issuer": ISSUER, "leeway": 10}
    claims = jwt.decode(token, find_key(token), ["ES256"], rules, **names)
    if jwt.get_unverified_header(token)["typ"] != "at+jwt":
        raise jwt.InvalidTokenError("another kind of token")
    if any({claims["sid"], claims["jti"]} & one for one in ended_lists()):
        raise jwt.InvalidTokenError("Token has been revoked")
    return claims

@app.before_request  # Of every route: none is open because somebody forgot.
def require_token():
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return {"msg": "Missing token"}, 401, {"WWW-Authenticate": "Bearer"}
    try:
        flask.g.claims = verify(token.strip())
    except Unreachable as error:
        app.logger.warning("Token refused: Postern can't be asked: %s", error)
        return {"msg": "Try again"}, 503, {"Retry-After": "5"}
    except Exception as error:  # Whatever it was, the token was not verified.
        app.logger.warning("Token refused: %s", error)
        challenge = 'Bearer error="invalid_token"'
        return {"msg": "Invalid token"}, 401, {"WWW-Authenticate": challenge}

app.get("/hello")(lambda: {"hello": flask.g.claims["sub"]})
