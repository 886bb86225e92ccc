"""Tests of the launcher with the daemon DAEMON=PATH and the public testbed. Needs a separate network (../../alone)."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent.parent
TESTBED = pathlib.Path(os.environ.get("FANION_TESTBED", HERE.parents[2].parent / "shared/testbed"))


def get(url, body=None):
    """Status and body of a response; None if nothing listens."""
    headers = {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return None


def flag(key, kind="String"):
    status, answer = get(f"http://localhost:8013/flagd.evaluation.v1.Service/Resolve{kind}", json.dumps({"flagKey": key}).encode())
    return json.loads(answer).get("value")


def ready():
    return get("http://localhost:8014/readyz") == (200, "")


def eventually(check):
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline, "the condition never became true"
        time.sleep(0.01)


@unittest.skipUnless((TESTBED / "configs").is_dir(), "the public testbed is missing")
class Launcher(unittest.TestCase):
    def setUp(self):
        ending = contextlib.ExitStack()
        self.addCleanup(ending.close)
        self.directory = pathlib.Path(ending.enter_context(tempfile.TemporaryDirectory()))
        command = [sys.executable, "-u", HERE / "main.py", os.environ["DAEMON"], TESTBED, self.directory]
        launcher = ending.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
        ending.callback(launcher.terminate)
        self.assertEqual(launcher.stdout.readline(), b"listening on 8080\n")
        self.addCleanup(self.ask, "stop")

    def ask(self, what, status=200):
        got, answer = get(f"http://localhost:8080/{what}", b"")
        self.assertEqual(got, status, answer)
        self.assertEqual(json.loads(answer)["status"], "success" if status == 200 else "error")
        return json.loads(answer)["message"]

    def processes(self):
        """The ids of daemon processes, which are always named flagd."""
        return subprocess.run(["pgrep", "-f", "^./flagd start --config"], capture_output=True, text=True).stdout.split()

    def test_it_starts_the_default_configuration_as_flagd_by_itself(self):
        self.assertTrue(ready())
        self.assertEqual(len(self.processes()), 1)
        self.assertEqual(flag("string-flag"), "hi")

    def test_a_start_replaces_the_daemon_and_its_configuration(self):
        before = self.processes()
        self.ask("start?config=metadata")
        self.assertNotEqual(self.processes(), before)
        self.assertEqual(len(self.processes()), 1)
        self.assertIs(flag("only-set-metadata-flag", "Boolean"), False)
        self.assertIsNone(flag("string-flag"))

    def test_a_start_without_a_name_takes_the_last_one(self):
        self.ask("start?config=metadata")
        self.ask("stop")
        self.assertEqual(self.processes(), [])
        self.ask("start")
        self.assertIs(flag("only-set-metadata-flag", "Boolean"), False)

    def test_a_change_is_seen_by_the_daemon_that_runs(self):
        self.assertIn("'bar'", self.ask("change"))
        eventually(lambda: flag("changing-flag") == "bar")
        self.assertIn("'foo'", self.ask("change"))
        eventually(lambda: flag("changing-flag") == "foo")

    def test_a_change_is_kept_over_a_restart(self):
        self.ask("change")
        self.ask("restart?seconds=0")
        eventually(ready)
        self.assertEqual(flag("changing-flag"), "bar")

    def test_a_restart_takes_daemon_and_combined_flags_away_for_a_while(self):
        began = time.monotonic()
        self.ask("restart?seconds=1")
        self.assertFalse(ready())
        self.assertFalse((self.directory / "flags/allFlags.json").exists())
        eventually(ready)
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual(flag("string-flag"), "hi")

    def test_a_start_overtakes_a_restart_that_was_announced(self):
        self.ask("restart?seconds=1")
        self.ask("start?config=metadata")
        # Wait longer than the delay of the restart.
        time.sleep(1.5)
        self.assertEqual(len(self.processes()), 1)
        self.assertIs(flag("only-set-metadata-flag", "Boolean"), False)

    def test_certificates_are_served_that_the_authority_signed(self):
        self.ask("start?config=ssl")
        authority = self.directory / "ssl/custom-root-cert.crt"
        url = "https://localhost:8013/flagd.evaluation.v1.Service/ResolveString"
        curl = ["curl", "--silent", "--fail", "--cacert", authority, "--json", '{"flagKey":"string-flag"}', url]
        self.assertIn("hi", subprocess.run(curl, capture_output=True, text=True, check=True).stdout)

    def test_a_killed_daemon_leaves_sockets_that_the_next_one_replaces(self):
        for _ in range(2):
            self.ask("start?config=socket")
            self.assertTrue(ready())

    def test_what_cannot_be_done_is_answered_with_the_reason(self):
        self.assertIn("flagd ended with", self.ask("start?config=nonsense", 500))
        self.assertIn("seconds", self.ask("restart?seconds=soon", 400))
        self.assertIn("/change", self.ask("elsewhere", 404))


if __name__ == "__main__":
    unittest.main()
