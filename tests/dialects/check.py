#!/usr/bin/env python3
"""Runs the calls of other flag services as they are printed there, and shows each change through every door.

usage: check.py PROGRAMS [SCENARIO...]

PROGRAMS is a directory with fanion, fanion-control and flagctl. The control plane, the sidecar, curl and jq are real. Each
scenario prints what was observed; the exit code is 1 if something does not hold.
"""
import hashlib, json, os, pathlib, subprocess, sys, time, traceback

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / part) for part in ("faults", "fleet")]
from control_plane import ControlPlane
from http2 import post
from report import Report
from sidecar import CLOSE, Sidecar, until

MOST_MS = 250
# The share that a user between the two is outside of, and the one that it is in.
SHARES = {False: 30, True: 60}
PAY = "checkout.payments.express-pay"
REMOTE = ('{"key":"checkout-remote-rollout","enabled":true,"rolloutPercentage":10,"segments":["internal-staff"],"versions":'
          '{"stable":{"version":"1.4.0","remoteEntry":"https://cdn.example.com/remotes/checkout/1.4.0/remoteEntry.js"},'
          '"canary":{"version":"2.0.0","remoteEntry":"https://cdn.example.com/remotes/checkout/2.0.0/remoteEntry.js"}}}')
FILE = {"rings": {"internal": {"in": [{"var": "group"}, ["staff"]]}}, "flags": {PAY: {
    "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
    "rollout": {"variant": "on", "rings": ["internal"], "percentage": 1}}}}
SERVICE_FLAG = {"key": "new-checkout-flow", "enabled": True, "rolloutPercentage": 1, "allowlist": [], "blocklist": [],
                "targetingRules": [], "killSwitch": False}
DEFINITION = {"key": "by-rules", "name": "By rules", "defaultValue": True, "targeting": [], "rolloutPercentage": 1, "environments": {}}

# Each call as it is printed, with the filter that reads its answer, and the output.
PRINTED = [
    ("S000-01", f"curl -s -X POST $BASE/api/flags -H \"Authorization: Bearer $FLAG_TOKEN\" -d '{REMOTE}'", REMOTE),
    ("S000-04", "curl -s -H 'cache-control: no-store' \"$BASE/api/flags/checkout-remote-rollout?key=$PAGE_KEY\" | jq '.rolloutPercentage'", "10"),
    ("S000-10", "curl -s -X POST $BASE/api/flags/checkout-remote-rollout/evaluate -H \"Authorization: Bearer $FLAG_TOKEN\" "
                "-d '{\"sessionId\":\"session-42\",\"segments\":[\"internal-staff\"]}' | jq -c '[.name,.version]'", '["canary","2.0.0"]'),
    ("S000-19", "curl -s -X PATCH $BASE/api/flags/checkout-remote-rollout -H \"Authorization: Bearer $FLAG_TOKEN\" "
                "-H 'Content-Type: application/json' -d '{\"rolloutPercentage\":0,\"enabled\":true}' | jq -c '[.rolloutPercentage,.segments]'", '[0,["internal-staff"]]'),
    ("S001-01", f"curl -s -X POST $BASE/api/flags -H \"Authorization: Bearer $FLAG_TOKEN\" -d '{json.dumps(SERVICE_FLAG)}'", json.dumps(SERVICE_FLAG)),
    ("S001-12", "curl -s -X POST \"$FLAG_SERVICE_URL/api/flags/$FLAG_KEY/rollout\" -H \"Authorization: Bearer $FLAG_TOKEN\" "
                "-d '{\"stage\": \"canary\", \"percentage\": 1}' | jq -c '[.stage,.rolloutPercentage,.enabled]'", '["canary",1,true]'),
    ("S001-13", "curl -s \"$BASE/api/flags?userId=user-42&key=$PAGE_KEY\" | jq -c '.[\"new-checkout-flow\"]'", '{"enabled":false,"variant":null}'),
    ("S002-09", f"curl -s -X PATCH $BASE/v1/flags/{PAY}/rollout -H \"Authorization: Bearer $FLAG_TOKEN\" -d '{{\"percentage\": 0}}' | jq -c '[.flag,.percentage]'", f'["{PAY}",0]'),
    ("S002-10", f"curl -s -X POST $BASE/webhook/slo-alert -H \"Authorization: Bearer $FLAG_TOKEN\" "
                f"-d '{{\"labels\":{{\"flag_key\":\"{PAY}\"}},\"metric\":\"error_rate\",\"value\":0.02}}' | jq -c '{{status,flag}}'", f'{{"status":"rolled_back","flag":"{PAY}"}}'),
    ("S002-10", f"curl -s -X POST $BASE/webhook/slo-alert -H \"Authorization: Bearer $FLAG_TOKEN\" "
                f"-d '{{\"labels\":{{\"flag_key\":\"{PAY}\"}},\"metric\":\"error_rate\",\"value\":0.01}}'", '{"status":"ignored"}'),
    ("S002-12", f"flagctl get {PAY} --env prod -o json | jq -c '.targeting|keys'", '["if"]'),
    ("S003-01", f"curl -s -X POST $BASE/api/v1/flags -H \"Authorization: Bearer $FLAG_TOKEN\" -d '{json.dumps(DEFINITION)}' | jq -c '[.key,.version]'", '["by-rules",1]'),
    ("S003-04", "curl -s $BASE/api/v1/flags -H \"Authorization: Bearer $FLAG_TOKEN\" | jq -c 'map(.key)'",
     json.dumps(["by-rules", "checkout-remote-rollout", PAY, "new-checkout-flow"], separators=(",", ":"))),
    ("S003-04", "tag=$(curl -s -D - -o /dev/null $BASE/api/v1/flags -H \"Authorization: Bearer $FLAG_TOKEN\" | tr -d '\\r' | sed -n 's/^etag: //Ip'); "
                "curl -s -o /dev/null -w '%{http_code}' $BASE/api/v1/flags -H \"Authorization: Bearer $FLAG_TOKEN\" -H \"If-None-Match: $tag\"", "304"),
]


def start(programs):
    """A control plane with one flag in a file, and a sidecar that follows it."""
    control = ControlPlane(programs, json.dumps(FILE))
    return control, Sidecar(control.programs / "fanion", sources=[control.uri], options=("--replica-id", "replica-0"))


def token(control):
    return (control.data_dir / "bootstrap-token").read_text().strip()


def page_key(control):
    """A key for callers that cannot send a header."""
    body = {"name": "page", "kind": "publishable", "origins": ["https://shop.example"], "grants": [{"verbs": ["read"], "environment": "default"}]}
    status, made = control.request("POST", "/fanion/v1/tokens", body)
    assert status in (200, 201), made
    return made["token"]


def contexts(control):
    """A configuration of flagctl whose context `prod` has the flags of the control plane."""
    path = pathlib.Path(control.folder.name, "contexts.json")
    path.write_text(json.dumps({"contexts": {"prod": {"flags": [str(control.flags)]}}}))
    return str(path)


def printed(report, programs):
    """Every printed call, in a shell."""
    control, sidecar = start(programs)
    base = f"http://127.0.0.1:{control.port}"
    environment = {**os.environ, "BASE": base, "FLAG_SERVICE_URL": base, "FLAG_KEY": "new-checkout-flow", "FLAG_TOKEN": token(control),
                   "PAGE_KEY": page_key(control), "FLAGCTL_CONFIG": contexts(control), "PATH": f"{control.programs}:{os.environ['PATH']}"}
    try:
        for row, command, want in PRINTED:
            run = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, env=environment, timeout=60)
            got = run.stdout.strip()
            report.expect(got == want and run.returncode == 0, row if got == want else f"{row}: {command}: {got} {run.stderr}")
    finally:
        sidecar.stop()
        control.stop()


def send(control, method, path, body=None, headers=None):
    """The status, the revision and the body of a call through a door."""
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", control.port, timeout=20)
    headers = {"authorization": f"Bearer {token(control)}", **(headers or {})}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    answer = json.loads(text)
    revision = response.getheader("x-revision") or (answer.get("revision") if isinstance(answer, dict) else None)
    assert response.status < 300, (method, path, text)
    return int(revision), answer


def put_service(control, key, percentage):
    document = {**SERVICE_FLAG, "key": key, "rolloutPercentage": percentage}
    return send(control, "PUT", f"/api/flags/{key}", document)


def put_definition(control, key, percentage):
    version = send(control, "GET", f"/api/v1/flags/{key}")[1]["version"]
    return send(control, "PUT", f"/api/v1/flags/{key}", {**DEFINITION, "key": key, "rolloutPercentage": percentage, "version": version})


# The doors through which a share is changed. The native API names the rollout.
WRITERS = {
    "native": lambda control, key, share: send(control, "POST", f"/fanion/v1/environments/default/flags/{key}/set", {"rollout": 0, "percentage": share}),
    "flagctl": lambda control, key, share: flagctl_set(control, key, share),
    "PATCH /api/flags": lambda control, key, share: send(control, "PATCH", f"/api/flags/{key}", {"rolloutPercentage": share}),
    "POST …/rollout": lambda control, key, share: send(control, "POST", f"/api/flags/{key}/rollout", {"stage": "canary", "percentage": share}),
    "PATCH /v1/flags": lambda control, key, share: send(control, "PATCH", f"/v1/flags/{key}/rollout", {"percentage": share}),
    "PUT document": lambda control, key, share: (put_service if key == SERVICE_FLAG["key"] else put_definition)(control, key, share),
}
# The doors through which it is read.
READERS = {
    "/api/flags": lambda control, key, user: share_of(send(control, "GET", f"/api/flags/{key}")),
    "/api/v1/flags": lambda control, key, user: share_of(send(control, "GET", f"/api/v1/flags/{key}")),
    "native": lambda control, key, user: native_share(control, key, user),
}


def flagctl_set(control, key, share):
    code, output, messages = control.flagctl("set", key, "--percentage", str(share), "-o", "json")
    assert code == 0, messages
    answer = json.loads(output)
    return answer["revision"], answer


def share_of(answer):
    revision, document = answer
    return revision, document["rolloutPercentage"]


def native_share(control, key, user):
    """The share that the native API's answer for a user stands for, whose bucket is between the two shares."""
    revision, answer = send(control, "POST", f"/fanion/v1/environments/default/flags/{key}/evaluate", {"context": {"targetingKey": user}})
    return revision, SHARES[answer["value"]]


def user_with_bucket(dialect, key, low, high):
    """A user whose bucket is between two shares, so that its answer shows which of them is in force."""
    def bucket(user):
        text = f"{key}:{user}"
        if dialect == "md5":
            return int(hashlib.md5(text.encode()).hexdigest()[:8], 16) % 100
        value = 0
        for unit in text:
            value = (value * 31 + ord(unit)) & 0xFFFFFFFF
        return abs(value - (1 << 32) if value >> 31 else value) % 100
    return next(f"user-{i}" for i in range(10_000) if low <= bucket(f"user-{i}") < high)


def is_on(sidecar, key, user):
    request = json.dumps({"flagKey": key, "context": {"targetingKey": user}}).encode()
    answer = sidecar.request("evaluation", post(b"/flagd.evaluation.v1.Service/ResolveBoolean", request, CLOSE))
    return json.loads(answer.partition(b"\r\n\r\n")[2]).get("value", False)


def doors(report, programs):
    """Each share, written through each door, is read through every other one and on a sidecar, at one revision."""
    control, sidecar = start(programs)
    try:
        send(control, "POST", "/api/flags", SERVICE_FLAG)
        send(control, "POST", "/api/v1/flags", DEFINITION)
        print(f"{'written through':18} {'flag':18} {'revision':>8}  {'  '.join(f'{name:>13}' for name in READERS)}  sidecar")
        for key, dialect in ((SERVICE_FLAG["key"], "md5"), (DEFINITION["key"], "java31")):
            user, wide = user_with_bucket(dialect, key, *SHARES.values()), False
            for name, write in WRITERS.items():
                wide = not wide
                share = SHARES[wide]
                revision, _ = write(control, key, share)
                begun = time.perf_counter()
                seen = until(lambda: is_on(sidecar, key, user) == wide, 5, 0.002)
                took = (time.perf_counter() - begun) * 1e3
                read = {reader: read(control, key, user) for reader, read in READERS.items()}
                shown = "  ".join(f"{f'{got[1]} % at {got[0]}':>13}" for got in read.values())
                print(f"{name:18} {key:18} {revision:8}  {shown}  {took:.0f} ms", flush=True)
                report.expect(all(got == (revision, share) for got in read.values()), f"{key} through {name}: {read}")
                report.expect(seen is not None and took <= MOST_MS, f"sidecar {took:.0f} ms after the answer")
                applied = control.api("GET", f"/progress?revision={revision}&waitMillis=5000")["applied"]
                report.expect(applied == 1, f"revision {revision} applied by {applied}")
    finally:
        sidecar.stop()
        control.stop()


SCENARIOS = {f.__name__: f for f in (printed, doors)}


def main():
    programs, chosen = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:] or list(SCENARIOS)
    failed = False
    for name in chosen:
        report = Report(name)
        try:
            SCENARIOS[name](report, programs)
        except Exception:
            report.expect(False, traceback.format_exc())
        report.print()
        failed |= bool(report.failures)
    sys.exit(failed)


if __name__ == "__main__":
    main()
