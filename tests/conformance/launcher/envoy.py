"""The Envoy in front of the daemon, for scenarios with target URIs and rejected calls."""

import json

FRONT, REFUSING = 9211, 9212
MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
HTTP = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
# The authorities that are routed to each port of the daemon; all others are routed to the first one.
SERVICES = {"rpc": (8013, ["rpc.service", "*"]), "sync": (8015, ["sync.service"])}


def command(program, directory):
    file = directory / "envoy.json"
    file.write_text(json.dumps(configuration()))
    return [program, "--config-path", file, "--log-level", "warning", "--concurrency", "1", "--disable-hot-restart"]


def configuration():
    to_services = [host(name, domains, {"route": {"cluster": name, "timeout": "0s"}}) for name, (_, domains) in SERVICES.items()]
    refusal = {"direct_response": {"status": 403, "body": {"inline_string": "PERMISSION_DENIED"}}}
    return {
        "static_resources": {
            "listeners": [listener(FRONT, to_services), listener(REFUSING, [host("refusal", ["*"], refusal)])],
            "clusters": [cluster(name, port) for name, (port, _) in SERVICES.items()],
        }
    }


def host(name, domains, action):
    return {"name": name, "domains": domains, "routes": [{"match": {"prefix": "/"}, **action}]}


def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def listener(port, hosts):
    manager = {
        "@type": MANAGER,
        "stat_prefix": f"port_{port}",
        "stream_idle_timeout": "0s",
        "http_filters": [{"name": "router", "typed_config": {"@type": ROUTER}}],
        "route_config": {"virtual_hosts": hosts},
    }
    return {"address": address(port), "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}]}


def cluster(name, port):
    endpoint = {"endpoint": {"address": address(port)}}
    return {
        "name": name,
        "connect_timeout": "0.25s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {"@type": HTTP, "explicit_http_config": {"http2_protocol_options": {}}}
        },
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
