# A Flask app verifies Postern's tokens, by its keys and by its list of what ended: a logout takes
# effect here within 15 s. Run it: ISSUER=http://localhost:8080 flask --app verify_in_flask run
import json, os, threading, time, urllib.request
import flask, jwt  # pip install flask pyjwt[crypto]

ISSUER = os.environ["ISSUER"]
app = flask.Flask(__name__)
keys = jwt.PyJWKClient(ISSUER + "/.well-known/jwks.json")
fetching, ended = threading.Lock(), {"at": -60, "tried": -60, "lists": [set()]}

def ended_lists():  # At most 10 s old; caches on the way may add 5.
    came = time.monotonic()
    with fetching:  # Who waits here while another request fetches shares what comes of it.
        if came - ended["at"] > 10 and came > ended["tried"]:
            try:
                found = json.load(urllib.request.urlopen(ISSUER + "/revocations", timeout=5))
                names = {*found["sids"], *found["jtis"]}
                # The list before is kept for the case that the clock here is slow.
                ended.update(at=came, lists=[names, ended["lists"][0]])
            finally:
                ended["tried"] = time.monotonic()
        if came - ended["at"] > 10: raise OSError("The list of what ended can't be had")
        return ended["lists"]

@app.before_request  # Of every route: none is open because somebody forgot.
def require_token():
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    rules = {"require": ["exp", "sub", "sid", "jti"], "verify_iat": False}
    try:
        key, typ = keys.get_signing_key_from_jwt(token).key, jwt.get_unverified_header(token)["typ"]
        claims = jwt.decode(token, key, ["ES256"], rules, audience=ISSUER, issuer=ISSUER)
        is_access = scheme.lower() == "bearer" and typ == "at+jwt"
        if not is_access or any({claims["sid"], claims["jti"]} & one for one in ended_lists()):
            raise jwt.InvalidTokenError("another kind of token, or one that ended")
    except Exception:  # Whatever it was, the token was not verified.
        return {"msg": "Invalid token"}, 401, {"WWW-Authenticate": "Bearer"}
    flask.g.claims = claims

app.get("/hello")(lambda: {"hello": flask.g.claims["sub"]})
