# The application of ../verify_in_flask.py: Flask with PyJWT, and the list of revocations.
import os, sys

issuer, algorithm, *tokens = sys.argv[1:]
os.environ["ISSUER"] = issuer
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from verify_in_flask import app

for token in tokens:
    answer = app.test_client().get("/hello", headers={"Authorization": f"Bearer {token}"})
    print(f"OK {answer.json['hello']}" if answer.status_code == 200 else f"refused {answer.status}")
