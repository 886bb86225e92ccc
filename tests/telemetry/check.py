"""The checks of tests/telemetry/run: check.py PATH_TO_FANION DIRECTORY_OF_TOOLS"""
import json, pathlib, signal, socket, subprocess, sys, tempfile, time

from daemon import Daemon, PATIENCE, check

program, tools = sys.argv[1:]
V1 = "flagd.evaluation.v1.Service"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
QUICK = {"OTEL_METRIC_EXPORT_INTERVAL": "200", "OTEL_BSP_SCHEDULE_DELAY": "100"}


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Collector:
    """A collector on free ports, with or without TLS."""

    def __init__(self, directory, tls=None):
        self.grpc, self.http = free_port(), free_port()
        self.out = pathlib.Path(directory, f"out-{self.grpc}.json")
        secure = {"tls": tls} if tls else {}
        protocols = {"grpc": {"endpoint": f"127.0.0.1:{self.grpc}", **secure},
                     "http": {"endpoint": f"127.0.0.1:{self.http}", **secure}}
        pipeline = {"receivers": ["otlp"], "exporters": ["file"]}
        config = {"receivers": {"otlp": {"protocols": protocols}},
                  "exporters": {"file": {"path": str(self.out), "flush_interval": "50ms"}},
                  "service": {"telemetry": {"metrics": {"level": "none"}},
                              "pipelines": {"metrics": pipeline, "traces": pipeline}}}
        path = pathlib.Path(directory, f"collector-{self.grpc}.yaml")
        path.write_text(json.dumps(config))
        self.command = [f"{tools}/collector", "--config", str(path)]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.http), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < deadline and self.process.poll() is None, "the collector does not start"
                time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def messages(self):
        if not self.out.exists():
            return []
        lines = self.out.read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def spans(self):
        found = []
        for message in self.messages():
            for resource in message.get("resourceSpans", []):
                for scope in resource["scopeSpans"]:
                    found += [{**span, "resource": attributes(resource["resource"])} for span in scope["spans"]]
        return found

    def metrics(self):
        """The newest metrics by scope and name."""
        found = {}
        for message in self.messages():
            for resource in message.get("resourceMetrics", []):
                for scope in resource["scopeMetrics"]:
                    for metric in scope["metrics"]:
                        found[scope["scope"]["name"], metric["name"]] = metric
        return found


def attributes(holder):
    """Attributes as a dictionary; 64-bit integers are strings in JSON."""
    value = lambda value: next(iter(value.values()), None)
    return {pair["key"]: value(pair["value"]) for pair in holder.get("attributes", [])}


def eventually(look):
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > deadline:
            return None
        time.sleep(0.05)
    return found


def ask(daemon):
    # The caller does not sample its trace, so fanion records no span.
    unsampled = {"traceparent": f"00-{TRACE[::-1]}-{PARENT}-00"}
    daemon.ask("ofrep", "/ofrep/v1/evaluate/flags/rule", {}, unsampled)
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "baggage": "a=b"}
    daemon.ask("evaluation", f"/{V1}/ResolveBoolean", {"flagKey": "static"}, headers)
    daemon.ask("evaluation", f"/{V1}/ResolveString", {"flagKey": "static"})
    daemon.ask("ofrep", "/ofrep/v1/evaluate/flags", {})


def traced(collector):
    spans = eventually(lambda: (spans := collector.spans()) and len(spans) >= 3 and spans)
    check("three sampled requests are three spans", spans and len(spans) == 3, spans)
    named = {span["name"]: span for span in spans}
    check("spans have flagd's names", set(named) == {"resolveBoolean", "resolveString", "flagd.ofrep"}, named)
    fine, failed, bulk = named["resolveBoolean"], named["resolveString"], named["flagd.ofrep"]
    check("a span continues the caller's trace", (fine["traceId"], fine["parentSpanId"]) == (TRACE, PARENT), fine)
    check("a span without a caller is a root", not failed.get("parentSpanId") and failed["traceId"] != TRACE, failed)
    want = {"rpc.system": "connect_rpc", "rpc.service": V1, "rpc.method": "ResolveBoolean",
            "http.request.method": "POST", "http.response.status_code": "200", "url.scheme": "http"}
    check("a span has the attributes of the call", want.items() <= attributes(fine).items(), fine)
    check("spans have the kind SERVER", all(span["kind"] == 2 for span in spans), spans)
    [event] = fine["events"]
    want = {"feature_flag.key": "static", "feature_flag.provider.name": "flagd", "feature_flag.result.variant": "on",
            "feature_flag.result.reason": "static", "feature_flag.set.id": "set", "feature_flag.version": "7"}
    check("an evaluation is an event", (event["name"], attributes(event)) == ("feature_flag.evaluation", want), event)
    [event] = failed["events"]
    want = {"feature_flag.result.reason": "error", "error.type": "type_mismatch", "feature_flag.key": "static"}
    check("an error is recorded in the event", want.items() <= attributes(event).items(), event)
    check("a bulk evaluation has one event per flag", len(bulk["events"]) == 2, bulk)
    want = {"service.name": "shop", "deployment.environment": "test"}
    check("the resource comes from the variables", want.items() <= fine["resource"].items(), fine["resource"])


def counted(collector):
    name = ("flagd", "feature_flag.flagd.impression")
    points = lambda: collector.metrics().get(name, {}).get("sum", {}).get("dataPoints", [])
    on = lambda: [point for point in points() if attributes(point)["feature_flag.key"] == "static"]
    check("impressions arrive", eventually(lambda: on() and int(on()[0]["asInt"]) == 2), points())
    metrics = collector.metrics()
    check("impressions are monotonic and cumulative", metrics[name]["sum"]["isMonotonic"] is True
          and metrics[name]["sum"]["aggregationTemporality"] == 2, metrics[name])
    durations = metrics["flagd", "http.server.request.duration"]
    point = durations["histogram"]["dataPoints"][0]
    check("histograms have flagd's bounds", point["explicitBounds"][:3] == [0.005, 0.01, 0.025]
          and durations["unit"] == "s" and int(point["count"]) == sum(map(int, point["bucketCounts"])), point)
    check("fanion's own metrics arrive", ("fanion", "fanion.flags") in metrics, list(metrics))


def certificates(directory):
    """A certificate authority, and certificates for server and client."""
    run = lambda *arguments: subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=directory)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
        "ca.crt", "-subj", "/CN=authority", "-days", "2")
    for name in ("server", "client"):
        pathlib.Path(directory, f"{name}.ext").write_text("subjectAltName=DNS:localhost\n")
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out",
            f"{name}.csr", "-subj", f"/CN={name}")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            f"{name}.crt", "-days", "2", "-extfile", f"{name}.ext")


def in_the_open(directory):
    env = {**QUICK, "OTEL_SERVICE_NAME": "shop", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test"}
    with Collector(directory) as collector:
        options = ["--metrics-exporter", "otel", "--otel-collector-uri", f"localhost:{collector.grpc}"]
        with Daemon(program, *options, env=env) as daemon:
            ask(daemon)
            traced(collector)
            counted(collector)
            status, text = daemon.ask("management", "/metrics")
            check("/metrics is still served", status == 200 and "feature_flag_flagd_impression_total{" in text, text)
            collector.stop()
            daemon.line(message="OTLP export failed", what="metrics")
            daemon.ask("evaluation", f"/{V1}/ResolveBoolean", {"flagKey": "rule"})
            collector.start()
            daemon.line(message="OTLP export recovered", what="metrics")
            told = [line for line in daemon.log if line.get("what") == "metrics"]
            check("an outage of the collector is logged once", len(told) <= 4, told)
            check("the daemon exits with 0", daemon.stop() == 0)


def over_http(directory):
    env = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_METRICS_EXPORTER": "otlp"}
    with Collector(directory) as collector:
        env["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://localhost:{collector.http}"
        with Daemon(program, env=env) as daemon:
            address = f"localhost:{daemon.ports['evaluation']}"
            call = [f"{tools}/grpcurl", "-plaintext", "-d", '{"flagKey": "absent"}', address, f"{V1}/ResolveInt"]
            subprocess.run(call, capture_output=True, timeout=PATIENCE)
            # The default export intervals are longer than this check, so the exports happen at shutdown.
            check("the daemon exits with 0", daemon.stop() == 0)
            named = lambda: {span["name"]: span for span in collector.spans()}
            span = eventually(lambda: named().get("resolveInt"))
            check("shutdown exports spans over HTTP", span, collector.messages())
            want = {"rpc.system": "grpc", "rpc.method": "ResolveInt", "rpc.grpc.status_code": "5"}
            check("a span has gRPC's status", want.items() <= attributes(span).items(), span)
            check("a missing flag is not an error of the server", span["status"].get("code", 0) == 0, span)
            reflection = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
            check("streams have spans", reflection in named(), list(named()))
            check("shutdown exports metrics over HTTP", eventually(lambda: collector.metrics()), collector.messages())


def over_tls(directory):
    certificates(directory)
    path = lambda name: f"{directory}/{name}"
    tls = {"cert_file": path("server.crt"), "key_file": path("server.key"), "client_ca_file": path("ca.crt")}
    with Collector(directory, tls) as collector:
        where = ["--metrics-exporter", "otel", "--otel-collector-uri", f"localhost:{collector.grpc}"]
        trust = [*where, "--otel-ca-path", path("ca.crt")]
        show = ["--otel-cert-path", path("client.crt"), "--otel-key-path", path("client.key")]
        with Daemon(program, *trust, env=QUICK) as daemon:
            daemon.line(message="OTLP export failed", what="metrics")
            check("without a certificate nothing arrives", collector.messages() == [], collector.messages())
        # The certificate is created later; the daemon reloads the files.
        pathlib.Path(path("client.crt")).rename(path("kept.crt"))
        with Daemon(program, *trust, *show, "--otel-reload-interval", "100ms", env=QUICK) as daemon:
            daemon.line(message="OTLP export failed", what="metrics")
            pathlib.Path(path("kept.crt")).rename(path("client.crt"))
            daemon.ask("evaluation", f"/{V1}/ResolveBoolean", {"flagKey": "static"})
            check("with a certificate metrics arrive", eventually(lambda: collector.metrics()), daemon.log)
            check("with a certificate spans arrive", eventually(lambda: collector.spans()), daemon.log)
            check("the daemon exits with 0", daemon.stop() == 0)


with tempfile.TemporaryDirectory() as directory:
    in_the_open(directory)
    over_http(directory)
    over_tls(directory)
