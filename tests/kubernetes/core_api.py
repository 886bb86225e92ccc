"""The parts of a core Kubernetes API that the server of custom resources asks: who sends a token, and what he may do."""
import json, threading
from json_server import JsonHandler, JsonServer

# The user of the sidecar, and the user of this script, who may do everything.
SERVICE_ACCOUNT, ADMIN = "system:serviceaccount:default:fanion", "admin"


class CoreApi:
    """Answers TokenReview and SubjectAccessReview by a table of tokens and by one role, which is bound to one resource name."""

    def __init__(self, resource_name):
        self.tokens, self.verbs, self.reviews = {ADMIN: ADMIN}, {"list", "watch"}, []
        self.resource_name, self.stopped = resource_name, threading.Event()
        core = self

        class Handler(JsonHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                review["status"] = core.decide(review)
                self.answer(201, json.dumps(review).encode())

            def do_GET(self):
                """Lists have no items, and watches no events: the server wants to know the services of the cluster."""
                if "sendInitialEvents=true" in self.path:
                    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422}
                    return self.answer(422, json.dumps(status).encode())
                if "watch=true" in self.path:
                    self.close_connection = True
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.end_headers()
                    return core.stopped.wait(300)
                kind = "ServiceList" if "/services" in self.path else "List"
                items = {"kind": kind, "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": []}
                self.answer(200, json.dumps(items).encode())

        self.server = JsonServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def decide(self, review):
        """The status of a review."""
        spec = review["spec"]
        if review["kind"] == "TokenReview":
            user = self.tokens.get(spec.get("token"))
            return {"authenticated": user is not None, "user": {"username": user or "", "groups": ["system:authenticated"]}}
        return {"allowed": spec.get("user") == ADMIN or self.is_granted(spec)}

    def is_granted(self, spec):
        """As RBAC with `resourceNames`: a list or watch counts as that of one name by its field selector."""
        asked = spec.get("resourceAttributes")
        if asked is None:
            # Discovery, which any user may read.
            return spec.get("nonResourceAttributes", {}).get("verb") == "get"
        self.reviews.append((asked["verb"], asked.get("name")))
        return (asked["group"], asked["resource"], asked["namespace"]) == ("core.openfeature.dev", "featureflags", "default") \
            and asked["verb"] in self.verbs and asked.get("name") == self.resource_name

    def stop(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
