"""Runs the unit under a systemd of its own: start, sandbox, answers, watchdog, stop."""
import json, pathlib, subprocess, sys
from page import commands
from sidecar import boolean_flags, until

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REQUEST = json.dumps({"flagKey": "flag-1"})
URL = "http://127.0.0.1:8013/flagd.evaluation.v1.Service/ResolveBoolean"
NAMESPACES = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--cgroup", "--propagation", "private"]


def expect(holds, claim, *seen):
    print("ok" if holds else "FAILED", claim, *seen, flush=True)
    assert holds, (claim, *seen)


class Machine:
    """A systemd that is process 1 of its own namespaces."""

    def __init__(self, program, work):
        words = ["unshare", *NAMESPACES, str(HERE / "enter"), str(work / "root"), str(ROOT), str(program.parent)]
        self.log = open(work / "log", "w+")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.pid = until_some(lambda: subprocess.run(["pgrep", "-P", str(self.process.pid)], text=True, stdout=subprocess.PIPE).stdout.strip(), 10)
        (work / "pid").write_text(self.pid)
        booted = until(lambda: self.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"), 30, 0.2)
        expect(booted is not None, "a systemd runs", self.read_log() if booted is None else "")

    def install(self):
        """Replaces the flags of the page by others, and removes its options."""
        self.run("rm", "-rf", "/etc/fanion/flags", "/etc/default/fanion")
        self.run("mkdir", "/etc/fanion/flags")
        self.run("sh", "-c", f"echo '{boolean_flags(2)}' >/etc/fanion/flags/flags.json")
        self.run("sh", "-c", "echo a-token >/etc/fanion/credentials/token")

    def read_log(self):
        self.log.seek(0)
        return self.log.read()[-2000:]

    def run(self, *command):
        enter = ["nsenter", "--target", self.pid, "--mount", "--net", "--pid"]
        return subprocess.run([*enter, *command], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)

    def show(self, name):
        return self.run("systemctl", "show", "--property", name, "--value", "fanion").stdout.strip()

    def value(self):
        run = self.run("curl", "-sS", "--max-time", "5", "-H", "Content-Type: application/json", "-d", REQUEST, URL)
        return json.loads(run.stdout)["value"] if run.stdout.startswith("{") else run.stdout


def until_some(read, most):
    found = []
    until(lambda: found.append(read()) or found[-1], most)
    return found[-1]


def check_sandbox(machine):
    status = machine.run("cat", f"/proc/{machine.show('MainPID')}/status").stdout
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    expect("0" not in fields["Uid"].split(), "the user is not root:", fields["Uid"].split()[0])
    expect(int(fields["CapEff"], 16) == 0 and int(fields["CapBnd"], 16) == 0, "no capability")
    expect(fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2", "no new privileges, and a filter of system calls")
    names = machine.run("ls", "/run/credentials/fanion.service").stdout.split()
    if names:
        expect(names == ["fanion_token"], "LoadCredential: the files of /etc/fanion/credentials")
    else:
        print("not run: LoadCredential: this kernel or sandbox gives the service no credentials")


def check_watchdog(machine):
    """A process that does not respond is replaced. The drop-in shortens the wait."""
    machine.run("sh", "-c", "mkdir -p /run/systemd/system/fanion.service.d && printf '[Service]\\nWatchdogSec=2\\n' >/run/systemd/system/fanion.service.d/watchdog.conf")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "fanion")
    first = machine.show("MainPID")
    quiet = until(lambda: machine.show("NRestarts") != "0", 6, 0.2)
    expect(quiet is None and machine.show("MainPID") == first, "three times the watchdog's timeout pass without a restart")
    machine.run("kill", "-STOP", first)
    restarted = until(lambda: machine.show("NRestarts") == "1" and machine.show("ActiveState") == "active", 30, 0.2)
    expect(restarted is not None, "the watchdog restarts a process that hangs, after", f"{restarted or 0:.1f} s")
    expect(machine.value() is True, "the new process answers")


def check_page(machine):
    """The commands of "Install" and "Options" in docs/systemd.md, in a machine where nothing is installed."""
    text = (ROOT / "docs/systemd.md").read_text()
    for command, printed in commands(text[:text.index("## Secrets")]):
        done = machine.run("env", "-C", "/checkout", "sh", "-c", command.replace("target/release", "/programs"))
        expect(done.returncode == 0 and printed in done.stdout, f"docs/systemd.md: {command.strip()}", *([] if done.returncode == 0 else [done.stdout]))


def main():
    program, work = (pathlib.Path(argument) for argument in sys.argv[1:3])
    machine = Machine(program, work)
    check_page(machine)
    machine.run("systemctl", "stop", "fanion")
    machine.install()
    started = machine.run("systemctl", "start", "fanion")
    expect(started.returncode == 0, "the unit starts", started.stdout + machine.run("journalctl", "-u", "fanion").stdout if started.returncode else "")
    expect(machine.value() is True, "it answers as soon as `systemctl start` returns")
    check_sandbox(machine)
    check_watchdog(machine)
    machine.run("systemctl", "stop", "fanion")
    expect((machine.show("Result"), machine.show("ExecMainStatus")) == ("success", "0"), "the unit stops with 0")


main()
