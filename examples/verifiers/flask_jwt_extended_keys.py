# Flask-JWT-Extended with Postern's published keys, and with the list of revocations.
import os, sys
import flask, jwt
from flask_jwt_extended import JWTManager, get_jwt_identity, jwt_required

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from revocations import Revocations, Unreachable

issuer, algorithm, *tokens = sys.argv[1:]
app = flask.Flask(__name__)
app.config["JWT_ALGORITHM"] = algorithm
app.config["JWT_DECODE_ISSUER"] = issuer
app.config["JWT_DECODE_AUDIENCE"] = issuer
app.config["JWT_DECODE_LEEWAY"] = 10
manager = JWTManager(app)
keys = jwt.PyJWKClient(issuer + "/.well-known/jwks.json")
revocations = Revocations(issuer)


@manager.decode_key_loader
def find_key(header, claims):
    for refresh in [False, True]:
        for key in keys.get_signing_keys(refresh):
            if key.key_id == header.get("kid") and header.get("typ") == "at+jwt":
                return key.key
    raise jwt.InvalidTokenError("no such key")


@manager.token_in_blocklist_loader
def is_revoked(header, claims):
    return revocations.has(claims)


@app.errorhandler(Unreachable)
@app.errorhandler(OSError)
def try_again(error):
    return {"msg": "Try again"}, 503


@app.get("/hello")
@jwt_required()
def hello():
    return {"hello": get_jwt_identity()}


for token in tokens:
    answer = app.test_client().get("/hello", headers={"Authorization": f"Bearer {token}"})
    print(f"OK {answer.json['hello']}" if answer.status_code == 200 else f"refused {answer.json}")
