"""Faults of the process itself: SIGKILL, process identifiers that come again, threads that stop, a log that nobody reads."""
import ctypes, os, pathlib, random, signal, socket, tempfile, threading, time
from hanging_fs import LIBC
from http2 import RESOLVE_STRING, post
from report import Callers
from sidecar import MOST_SHUTDOWN, Sidecar, replace, until, version_flags

SEIZE, INTERRUPT = 0x4206, 0x4207
WALL = 0x40000000


def killed_round(program, state, flags, first):
    """Edits a file until SIGKILL at a random moment. The last version that was stored for certain, and the last one written."""
    sidecar = Sidecar(program, sources=[f"file:{flags}"], options=state)
    ends = time.monotonic() + random.uniform(0.0, 0.25)
    written, stored = first, 0
    def edit():
        nonlocal written
        while sidecar.process.poll() is None:
            replace(flags, version_flags(written + 1))
            written += 1
            time.sleep(random.uniform(0, 0.01))
    editor = threading.Thread(target=edit)
    editor.start()
    killer = threading.Timer(max(ends - time.monotonic(), 0), sidecar.process.kill)
    killer.start()
    try:
        while True:
            served = int(sidecar.value())
            # A scrape that begins after the version was served shows that it, or a newer one, is stored.
            if sidecar.number("fanion_state_unsaved_documents") == 0:
                stored = served
    except (OSError, ValueError, IndexError):
        pass
    editor.join()
    sidecar.stop()
    return stored, written


def sigkill(report, program, rounds=200):
    """Restarts without the source, after SIGKILL during edits."""
    folder = tempfile.mkdtemp()
    flags = pathlib.Path(folder, "flags.json")
    state = ["--state-dir", f"{folder}/state"]
    written = stored = acknowledged = behind = 0
    wrong = []
    for number in range(rounds):
        flags.write_text(version_flags(written + 1))
        newly, written = killed_round(program, state, flags, written + 1)
        acknowledged += newly > 0
        stored = max(stored, newly)
        flags.unlink()
        again = Sidecar(program, sources=[f"file:{flags}"], options=state, ready=False)
        ready = until(lambda: again.get("management", "/readyz")[0] == 200, 5)
        if ready is None:
            wrong += [f"round {number}: no flags, {stored} was stored"] if stored else []
        else:
            values = again.values()
            if len(values) != 1 or not stored <= int(min(values)) <= written:
                wrong.append(f"round {number}: {sorted(values)}, but {stored} was stored and {written} written")
            behind = max(behind, written - int(min(values)))
            stored = int(min(values))
        if number == rounds - 1:
            report.ends(again, "SIGTERM after the last round")
        again.stop()
    report.expect(not wrong, f"{rounds} rounds, {written} edits, {acknowledged} rounds with a stored version before SIGKILL: "
                             f"{len(wrong)} wrong restarts {wrong[:3]}; at most {behind} edits older than the last one written")


def sigkill_quick(report, program):
    sigkill(report, program, 10)


def pid_reuse(report, program):
    """Containers: each process is PID 1, with the state directory of the process before, killed during writes."""
    folder = tempfile.mkdtemp()
    flags = pathlib.Path(folder, "flags.json")
    state = ["--state-dir", f"{folder}/state"]
    in_container = ["unshare", "--pid", "--fork", "--kill-child"]
    version, left = 0, 0
    for number in range(10):
        version += 1
        flags.write_text(version_flags(version))
        sidecar = Sidecar(program, sources=[f"file:{flags}"], options=state, before=in_container)
        init = int(pathlib.Path(f"/proc/{sidecar.pid}/task/{sidecar.pid}/children").read_text())
        namespaced = pathlib.Path(f"/proc/{init}/status").read_text().partition("NSpid:")[2].split("\n")[0].split()
        for _ in range(20):
            version += 1
            replace(flags, version_flags(version))
            time.sleep(random.uniform(0, 0.01))
        os.kill(init, signal.SIGKILL)
        sidecar.process.wait()
        left += len(list(pathlib.Path(folder, "state").glob(".*.tmp")))
        sidecar.folder.cleanup()
    # An incomplete file of the process before, under the same identifier.
    for path in pathlib.Path(folder, "state").glob("*.flags"):
        pathlib.Path(folder, "state", f".{path.stem}.tmp").write_text("cut")
    version += 1
    replace(flags, version_flags(version))
    sidecar = Sidecar(program, sources=[f"file:{flags}"], options=state, before=in_container)
    report.serves(sidecar, version, f"PID {namespaced[-1]} of a namespace, 10 times killed, {left} incomplete files left")
    stored = until(lambda: sidecar.number("fanion_state_unsaved_documents") == 0, 5)
    report.expect(stored is not None, "stored beside an incomplete file")
    init = int(pathlib.Path(f"/proc/{sidecar.pid}/task/{sidecar.pid}/children").read_text())
    begun = time.monotonic()
    os.kill(init, signal.SIGTERM)
    code = sidecar.process.wait(20)
    report.expect(code == 0 and time.monotonic() - begun < 5.5, f"SIGTERM to PID 1: ended after {time.monotonic() - begun:.2f} s with {code}")
    sidecar.folder.cleanup()


def shared_state(report, program):
    """Two processes with the same identifier and source write to one state directory, as in a rolling update on one node."""
    folder = tempfile.mkdtemp()
    flags = pathlib.Path(folder, "flags.json")
    flags.write_text(version_flags(1, 2000))
    state = ["--state-dir", f"{folder}/state"]
    both = [Sidecar(program, sources=[f"file:{flags}"], options=state) for _ in range(2)]
    damaged = rounds = 0
    begun = time.monotonic()
    version = 1
    while time.monotonic() - begun < 5:
        version += 1
        replace(flags, version_flags(version, 2000))
        for _ in range(20):
            for path in pathlib.Path(folder, "state").glob("*.flags"):
                rounds += 1
                damaged += not path.read_bytes().endswith(b"}}}")
            time.sleep(0.001)
    stored = until(lambda: all(sidecar.number("fanion_state_unsaved_documents") == 0 for sidecar in both), 10)
    report.expect(stored is not None, f"{version} edits by two processes: stored {stored or 10:.1f} s after the last one")
    report.expect(damaged == 0, f"{damaged} of {rounds} looks at the stored document found it incomplete")
    for sidecar in both:
        report.ends(sidecar, "SIGTERM")
        sidecar.folder.cleanup()


class Stopped:
    """A thread that does not run, as if it were blocked: a debugger has stopped it."""

    def __init__(self, thread):
        self.thread = thread
        if LIBC.ptrace(SEIZE, thread, None, None) or LIBC.ptrace(INTERRUPT, thread, None, None):
            raise OSError(ctypes.get_errno(), f"cannot stop thread {thread}")
        os.waitpid(thread, WALL)

    def reap(self):
        """The end of the thread is reported to the debugger; the process lasts until then."""
        try:
            while not os.WIFEXITED(status := os.waitpid(self.thread, WALL)[1]) and not os.WIFSIGNALED(status):
                pass
        except ChildProcessError:
            pass


def thread_names(sidecar):
    """The names of the threads, without the main thread, by identifier."""
    def names():
        tasks = pathlib.Path(f"/proc/{sidecar.pid}/task")
        all_names = {int(task.name): (task / "comm").read_text().strip() for task in tasks.iterdir()}
        return {thread: name for thread, name in sorted(all_names.items()) if thread != sidecar.pid}
    # A thread gets its name when it first runs.
    until(lambda: "fanion" not in names().values(), 5)
    return names()


def stop_threads(report, program, name, most=99):
    """Stops threads of a name, or all but the main thread. That is reported within 5 s, or evaluations and edits go on."""
    sidecar = Sidecar(program, version_flags(1), options=["--state-dir", tempfile.mkdtemp()])
    found = [thread for thread, other in thread_names(sidecar).items() if name in (other, "all")]
    threads = [Stopped(thread) for thread in found[:most]]
    replace(sidecar.flags, version_flags(2))
    probe = lambda: sidecar.body("management", "/readyz")
    reported = until(lambda: probe() != (200, ""), 6, 0.2)
    seen = until(lambda: answers(sidecar) == "2", 1)
    status, body = probe()
    gauges = [line for line in sidecar.body("management", "/metrics")[1].splitlines()
              if line.startswith("fanion_thread_stalled") and line.endswith(" 1") or line.endswith("_up 0")]
    works = f"evaluation {answers(sidecar)}, edit {'served' if seen is not None else 'not served'}"
    fact = f"{len(threads)} of {len(found)} {name!r} stopped: {works}, /readyz {status} {' '.join(body.split())!r} after {reported or 6:.1f} s, {gauges}"
    shown = reported is not None and reported <= 5 and gauges
    report.expect(shown or seen is not None, fact)
    ended = []
    waiter = threading.Thread(target=lambda: ended.append(sidecar.terminate(20)))
    waiter.start()
    for thread in threads:
        thread.reap()
    waiter.join()
    seconds, code = ended[0]
    report.expect(code == 0 and seconds <= MOST_SHUTDOWN, f"ended {seconds:.2f} s after SIGTERM with {code}")
    sidecar.folder.cleanup()


def answers(sidecar):
    """The value of a flag, or None if there is no response within 1 s."""
    try:
        return sidecar.value(timeout=1)
    except (OSError, ValueError):
        return None


def stopped_threads(report, program):
    """Each kind of thread stops, one after the other."""
    probe = Sidecar(program, version_flags(1), options=["--state-dir", tempfile.mkdtemp()])
    names = set(thread_names(probe).values())
    probe.stop()
    stop_threads(report, program, "tokio-rt-worker", 1)
    for name in sorted(names):
        stop_threads(report, program, name)
    stop_threads(report, program, "all")


def pause(report, program):
    """The kernel does not run the process for 10 s, as when a virtual machine is moved."""
    sidecar = Sidecar(program, version_flags(1), options=["--state-dir", tempfile.mkdtemp()])
    kept = socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"]))
    sidecar.process.send_signal(signal.SIGSTOP)
    replace(sidecar.flags, version_flags(2))
    kept.sendall(post(RESOLVE_STRING, b'{"flagKey":"flag-1"}'))
    time.sleep(10)
    sidecar.process.send_signal(signal.SIGCONT)
    begun = time.monotonic()
    answer = kept.recv(65536)
    report.expect(answer.startswith(b"HTTP/1.1 200"), f"a request from the pause is answered after {time.monotonic() - begun:.2f} s")
    report.sees_edit(sidecar, 2)
    report.expect(until(lambda: sidecar.body("management", "/readyz") == (200, ""), 5) is not None, "/readyz 200 ''")
    sidecar.process.send_signal(signal.SIGSTOP)
    os.kill(sidecar.pid, signal.SIGTERM)
    time.sleep(1)
    sidecar.process.send_signal(signal.SIGCONT)
    report.ends(sidecar, "SIGTERM during a pause, from its end")
    sidecar.stop()


def stuck_stderr(report, program):
    """Nobody reads standard error any more, and the pipe is full."""
    sidecar = Sidecar(program, version_flags(1), options=["--debug"])
    sidecar.reads_log.clear()
    with Callers(sidecar, 0.0) as callers:
        lost = until(lambda: sidecar.number("fanion_log_lost_lines_total"), 60, 0.2)
        report.expect(lost is not None, f"lines lost after {lost or 60:.1f} s")
        report.reported(sidecar, "log", "fanion_thread_stalled", time.monotonic() - 3)
        replace(sidecar.flags, version_flags(2))
        report.sees_edit(sidecar, 2)
    report.expect(not callers.failures, callers.figures())
    report.ends(sidecar)
    sidecar.reads_log.set()
    sidecar.stop()


SCENARIOS = {"sigkill": sigkill, "sigkill-quick": sigkill_quick, "pid-reuse": pid_reuse, "shared-state": shared_state, "stopped-threads": stopped_threads, "pause": pause,
             "stuck-stderr": stuck_stderr}
