#!/usr/bin/env python3
"""Sends random requests, made from the served OpenAPI document, to a real control plane.

usage: tests/api/check.py DIRECTORY_OF_PROGRAMS CASES SCHEMATHESIS

No request may lead to a server error, and every response must be one that the document describes. The event stream is not
called: it does not end.
"""
import json, pathlib, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fleet"))
from control_plane import ControlPlane, flags

CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "negative_data_rejection", "ignored_auth", "unsupported_method"]
# Names that exist: a random one finds nothing, and tests only the refusal.
NAMES = {"environment": ["default", "nowhere"], "key": ["checkout.pay", "flag-1", "made-here", "a b/c?d#e", "ü"]}


def document(control):
    """The served document, whose paths name what exists."""
    status, served = control.request("GET", "/fanion/v1/openapi.json", token=None)
    assert status == 200, served
    for name, values in NAMES.items():
        served["components"]["parameters"][name]["schema"]["enum"] = values
    return served


def run(control, cases, schemathesis, folder):
    """The output of a run of about `cases` requests, and whether it found nothing."""
    served = document(control)
    operations = sum(len(item) for item in served["paths"].values())
    path = pathlib.Path(folder, "openapi.json")
    path.write_text(json.dumps(served))
    token = (control.data_dir / "bootstrap-token").read_text().strip()
    command = [schemathesis, "run", str(path), "--url", f"http://127.0.0.1:{control.port}/fanion/v1", "--header",
               f"Authorization: Bearer {token}", "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
               "--max-examples", str(max(1, cases // operations)), "--exclude-path", "/environments/{environment}/events",
               "--continue-on-failure", "--no-color", "--warnings", "off", "--generation-database", "none",
               "--suppress-health-check", "all", "--request-timeout", "70", "--workers", "1", "--seed", "1"]
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder)
    return result.stdout, result.returncode == 0


def main():
    programs, cases, schemathesis = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    control = ControlPlane(programs, flags(20), options=["--requests-per-second", "0"])
    try:
        with tempfile.TemporaryDirectory() as folder:
            output, is_clean = run(control, cases, schemathesis, folder)
        print(output if not is_clean else "\n".join(output.splitlines()[-20:]))
        assert control.process.poll() is None, control.text()
        assert "panicked" not in control.text(), control.text()
        assert is_clean, "the API does not do what its document says"
    finally:
        control.process.kill()
        control.process.wait()


main()
