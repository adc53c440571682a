# Flask-JWT-Extended with the secret that it shares with Postern (JWT_SECRET_KEY), and with the list
# of revocations. After the tokens given it shows its own tokens to Postern.
import json, os, sys, urllib.request
import flask
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token
from flask_jwt_extended import get_jwt_identity, jwt_required

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from revocations import Revocations, Unreachable

address, _, *tokens = sys.argv[1:]
app = flask.Flask(__name__)
app.config["JWT_SECRET_KEY"] = os.environ["JWT_SECRET_KEY"]
app.config["JWT_DECODE_LEEWAY"] = 10
manager = JWTManager(app)
revocations = Revocations(address)


@manager.token_in_blocklist_loader
def is_revoked(header, claims):
    return revocations.has(claims)


@app.errorhandler(Unreachable)
def try_again(error):
    return {"msg": "Try again"}, 503


@app.get("/hello")
@jwt_required()
def hello():
    return {"hello": get_jwt_identity()}


def ask_postern(method, path, token):
    request = urllib.request.Request(address + path, method=method)
    request.add_header("Authorization", "Bearer " + token)
    return json.load(urllib.request.urlopen(request))


for token in tokens:
    answer = app.test_client().get("/hello", headers={"Authorization": f"Bearer {token}"})
    print(f"OK {answer.json['hello']}" if answer.status_code == 200 else f"refused {answer.json}")

if tokens:
    with app.app_context():
        access, refresh = create_access_token("alice"), create_refresh_token("alice")
    print("access: OK", ask_postern("GET", "/protected", access)["logged_in_as"])
    exchanged = ask_postern("POST", "/refresh", refresh)["access_token"]
    print("refresh: OK", ask_postern("GET", "/me", exchanged)["username"])
