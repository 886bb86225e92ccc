"""The checks of tests/metrics/run: check.py PATH_TO_FANION DIRECTORY_OF_TOOLS"""
import json, re, subprocess, sys

from daemon import Daemon, PATIENCE, check

program, tools = sys.argv[1:]
V1 = "flagd.evaluation.v1.Service"
# promtool rejects flagd's label `ExceptionTypeKeyName`, which dashboards use.
CAMEL = "feature_flag_flagd_result_reason_total label names should be written in 'snake_case' not 'camelCase'"


def grpcurl(port, *arguments, data=None):
    options = ["-plaintext", "-max-time", str(PATIENCE)] + ([] if data is None else ["-d", json.dumps(data)])
    command = [f"{tools}/grpcurl", *options, f"localhost:{port}", *arguments]
    return subprocess.run(command, text=True, capture_output=True)


def parse(text):
    """Series by name and sorted labels."""
    series = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
            pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")
            key = (name, tuple(sorted(pairs)))
            assert key not in series, f"duplicate series {key}"
            series[key] = float(value)
    return series


def total(series, name, **labels):
    fits = lambda key: key[0] == name and labels.items() <= dict(key[1]).items()
    return sum(value for key, value in series.items() if fits(key))


def traffic(daemon):
    daemon.ask("evaluation", f"/{V1}/ResolveBoolean", {"flagKey": "static"})
    daemon.ask("evaluation", f"/{V1}/ResolveBoolean", {"flagKey": "rule", "context": {"country": "DE"}})
    daemon.ask("evaluation", f"/{V1}/ResolveString", {"flagKey": "static"})
    daemon.ask("evaluation", f"/{V1}/ResolveAll", {})
    daemon.ask("evaluation", "/nowhere", {})
    daemon.ask("ofrep", "/ofrep/v1/evaluate/flags/static", {})
    daemon.ask("ofrep", "/ofrep/v1/evaluate/flags/absent", {})
    daemon.ask("ofrep", "/ofrep/v1/evaluate/flags", {})
    sync = grpcurl(daemon.ports["sync"], "flagd.sync.v1.FlagSyncService/FetchAllFlags", data={})
    check("grpcurl calls flag sync", '"flagConfiguration"' in sync.stdout, sync)


def metrics(daemon):
    status, text = daemon.ask("management", "/metrics")
    check("/metrics returns 200", status == 200, status)
    lint = subprocess.run([f"{tools}/promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    said = [line for line in (lint.stdout + lint.stderr).splitlines() if line and line != CAMEL]
    # 3 is promtool's exit code for lint errors.
    check("promtool reports no other errors", lint.returncode in (0, 3) and not said, (lint.returncode, said))
    series = parse(text)
    impression = "feature_flag_flagd_impression_total"
    scope = {"otel_scope_name": "flagd", "otel_scope_version": "", "otel_scope_schema_url": ""}
    on = {"feature_flag_key": "static", "feature_flag_result_variant": "on", "feature_flag_reason": "STATIC",
          "feature_flag_provider_name": "flagd", **scope}
    check("impressions of all protocols are counted", total(series, impression, **on) == 4, text)
    reason = "feature_flag_flagd_result_reason_total"
    error = lambda code: total(series, reason, feature_flag_reason="ERROR", ExceptionTypeKeyName=code, **scope)
    check("errors are counted", (error("TYPE_MISMATCH"), error("FLAG_NOT_FOUND")) == (1, 1), text)
    requests = lambda route, status: total(series, "http_server_request_duration_seconds_count", http_route=route,
                                           http_response_status_code=status, service_name="flagd", **scope)
    check("HTTP statuses are counted", requests(f"/{V1}/ResolveString", "400") == 1, text)
    check("routes are bounded", requests("other", "404") == 1, text)
    check("OFREP is counted", requests("/ofrep/v1/evaluate/flags/{key}", "404") == 1, text)
    check("target_info is exported", total(series, "target_info", service_name="flagd") == 1, text)


def services(daemon):
    standing = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection"]
    own = {"evaluation": [V1, "flagd.evaluation.v2.Service", "schema.v1.Service"],
           "sync": ["flagd.sync.v1.FlagSyncService"], "management": []}
    for name, services in own.items():
        port = daemon.ports[name]
        listed = grpcurl(port, "list")
        check(f"grpcurl lists the {name} port", listed.stdout.split() == sorted(services + standing), listed)
        for service in ["", *services]:
            data = {"service": service}
            health = grpcurl(port, "grpc.health.v1.Health/Check", data=data)
            check(f"{service or 'the server'} is serving", '"SERVING"' in health.stdout, health)
    port = daemon.ports["evaluation"]
    described = grpcurl(port, "describe", V1)
    check("grpcurl describes a service", "rpc ResolveBoolean (" in described.stdout, described)
    described = grpcurl(port, "describe", ".flagd.evaluation.v1.ResolveAllResponse")
    check("grpcurl describes a message", "map<string, " in described.stdout, described)
    answer = grpcurl(port, f"{V1}/ResolveBoolean", data={"flagKey": "static"})
    check("grpcurl resolves a flag", json.loads(answer.stdout or "{}").get("value") is True, answer)


with Daemon(program) as daemon:
    traffic(daemon)
    metrics(daemon)
    services(daemon)
    check("the daemon exits with 0", daemon.stop() == 0)
