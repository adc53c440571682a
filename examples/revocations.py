# The list of sessions and tokens that ended, as Postern publishes it: at most 10 s old, and caches
# on the way may add 5. For any JWT library:
#   revocations = Revocations("http://postern:8080")
#   if revocations.has(claims): ...
import json, threading, time, urllib.request


class Unreachable(Exception):
    """Postern did not answer, so the token was not judged: answer 503."""


class Revocations:
    def __init__(self, address):
        self.url = address + "/revocations"
        self.lock = threading.Lock()
        self.fetched = self.tried = -60
        self.lists = [set()]

    def has(self, claims):
        names = {claims.get("sid"), claims.get("jti")}
        return any(names & one for one in self.current_lists())

    def current_lists(self):
        came = time.monotonic()
        with self.lock:  # Requests that wait here share the result of the one that fetches.
            if came - self.fetched > 10 and came > self.tried:
                try:
                    found = json.load(urllib.request.urlopen(self.url, timeout=5))
                    # Keeps the previous list as well, in case the clock here is slow.
                    self.lists = [{*found["sids"], *found["jtis"]}, self.lists[0]]
                    self.fetched = came
                except Exception as error:
                    raise Unreachable(error)
                finally:
                    self.tried = time.monotonic()
            if came - self.fetched > 10:
                raise Unreachable("the list of revocations can't be fetched")
            return self.lists
