#!/usr/bin/env python3
"""Shows how the real control plane, real sidecars and `flagctl` work together.

usage: check.py PROGRAMS [--quick] [SCENARIO...]

PROGRAMS is a directory with fanion, fanion-control and flagctl. Each scenario prints one line with what was observed;
the exit code is 1 if something does not hold. --quick uses fewer sidecars and shorter times, and leaves out what only
holds for release builds.
"""
import asyncio, concurrent.futures, json, os, pathlib, signal, statistics, subprocess, sys, tempfile, time, traceback
from control_plane import FLAG, ControlPlane, flags
from report import Callers, Report
from sidecar import Sidecar, raise_descriptors, replace, until
from simulated import Simulated, all_at, connect_all

QUICK = "--quick" in sys.argv
SIDECARS = 10 if QUICK else 200
MOST_KILL_MS = 250


def follow(control, count, options=(), **more):
    """Sidecars that follow a control plane, started a few at a time. Their names are replica-0, replica-1, and so on."""
    def start(i):
        return Sidecar(control.programs / "fanion", sources=[control.uri], options=("--replica-id", f"replica-{i}", *options), **more)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(start, range(count)))


def stop_all(sidecars):
    for sidecar in sidecars:
        sidecar.stop()


def expected(control):
    return control.api("GET", "/progress")["expected"]


def on(sidecar, group="none"):
    """The answer of a sidecar for a member of a group."""
    request = json.dumps({"flagKey": FLAG, "context": {"targetingKey": "user-2", "group": group}}).encode()
    from sidecar import CLOSE
    from http2 import post
    answer = sidecar.request("evaluation", post(b"/flagd.evaluation.v1.Service/ResolveBoolean", request, CLOSE))
    return json.loads(answer.partition(b"\r\n\r\n")[2])["value"]


def kill(report, programs):
    """Kills arrive on all sidecars, with receipts; the time from the call to the last receipt."""
    control = ControlPlane(programs, flags(100))
    sidecars = follow(control, SIDECARS)
    try:
        report.expect(until(lambda: expected(control) == SIDECARS, 20) is not None, f"{expected(control)} replicas expected")
        durations, complete = [], True
        for _ in range(5 if QUICK else 20):
            begun = time.perf_counter()
            revision = control.api("POST", f"/flags/{FLAG}/kill", {})["revision"]
            progress = control.api("GET", f"/progress?revision={revision}&waitMillis=10000")
            durations.append((time.perf_counter() - begun) * 1e3)
            complete &= progress["applied"] == SIDECARS and not progress["laggards"]
            restored = control.api("POST", f"/flags/{FLAG}/restore", {})["revision"]
            control.api("GET", f"/progress?revision={restored}&waitMillis=10000")
        report.expect(complete, "all receipts, each time")
        answers = {on(sidecar, "staff") for sidecar in sidecars}
        until(lambda: {on(sidecar, "staff") for sidecar in sidecars} == {True}, 10)
        revision, code = control.kill_flag()
        answers = {on(sidecar, "staff") for sidecar in sidecars}
        report.expect(answers == {False}, f"after the kill, the inner ring gets {answers}")
        durations.sort()
        p99 = durations[-1]
        report.expect(p99 <= MOST_KILL_MS, f"{SIDECARS} sidecars: call to last receipt median {statistics.median(durations):.0f}, most {p99:.0f} ms")
        report.expect(code == 0 and set(revision) >= {"revision", "expected", "applied", "laggards", "millis"}, f"flagctl kill --wait: {revision['applied']} of {revision['expected']} in {revision['millis']} ms")
        report.note(f"control {control.resident():.1f} MiB")
    finally:
        stop_all(sidecars)
        control.stop()


def laggards(report, programs):
    """A stopped, a disconnected and a never seen replica are named; one that leaves in order is not expected."""
    control = ControlPlane(programs, flags(20), options=("--expect-replica", "pod-that-never-came"))
    sidecars = follow(control, 4)
    try:
        until(lambda: expected(control) == 5, 20)
        os.kill(sidecars[1].pid, signal.SIGSTOP)
        sidecars[2].process.kill()
        sidecars[2].process.wait()
        sidecars[3].terminate()
        until(lambda: expected(control) == 4, 5)
        answer, code = control.kill_flag("1s")
        states = {laggard["name"]: laggard["state"] for laggard in answer["laggards"]}
        wanted = {"replica-1": "connected", "replica-2": "disconnected", "pod-that-never-came": "never-seen"}
        report.expect(states == wanted, f"laggards {states}")
        report.expect(code == 1 and answer["applied"] == 1 and answer["expected"] == 4, f"exit code {code}, {answer['applied']} of {answer['expected']}")
        os.kill(sidecars[1].pid, signal.SIGCONT)
        seen = until(lambda: control.api("GET", "/progress")["applied"] == 2, 10)
        report.expect_within(seen, "the stopped one has applied the kill once it runs again")
        code, text, _ = control.flagctl("replicas")
        first = text.splitlines()[2].split()[0] if len(text.splitlines()) > 2 else text
        report.expect(code == 1 and first == "pod-that-never-came", f"flagctl replicas: exit code {code}, first {first}")
    finally:
        os.kill(sidecars[1].pid, signal.SIGCONT)
        stop_all(sidecars)
        control.stop()


def away(report, programs, count=3 if QUICK else 20, seconds=5 if QUICK else 60, interval=0.01):
    """While the control plane is down, no answer changes and sidecars say how old their flags are; then they catch up."""
    control = ControlPlane(programs, flags(50))
    sidecars = follow(control, count)
    try:
        with Callers(sidecars[0], interval) as callers:
            before = [on(sidecar) for sidecar in sidecars]
            control.end(signal.SIGKILL)
            time.sleep(seconds)
            after = [on(sidecar) for sidecar in sidecars]
            report.expect(before == after, f"answers unchanged after {seconds} s without the control plane")
            stale = [sidecar.number("fanion_source_stale") for sidecar in sidecars]
            ages = [sidecar.number("fanion_source_age_seconds") for sidecar in sidecars]
            report.expect(all(stale), f"all say that they are stale; the oldest {max(ages):.0f} s")
            replace(control.flags, flags(50, percentage=100))
            control.start()
            caught_up = until(lambda: control.api("GET", "/progress")["applied"] == count, 70, 0.05)
            report.expect(caught_up is not None, f"all have the new revision {caught_up or 0:.1f} s after the restart")
            report.expect({on(sidecar) for sidecar in sidecars} == {True}, "they serve the edit")
        report.expect(not callers.failures, f"{len(callers.durations)} calls, {len(callers.failures)} failed")
        revisions = control.api("GET")["revision"]
        report.expect(revisions == 2, f"revision {revisions}")
    finally:
        stop_all(sidecars)
        control.stop()


def hour(report, programs):
    """As `away`, for an hour."""
    away(report, programs, 20, 3600, 0.1)


def full_disk(report, programs):
    """With a full disk a kill works, is marked, and is journalled afterwards."""
    mount = tempfile.mkdtemp()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "fleet", mount], check=True)
    control, sidecars = None, []
    try:
        control = ControlPlane(programs, flags(20, percentage=100), data_dir=f"{mount}/data")
        sidecars = follow(control, 2)
        until(lambda: expected(control) == 2, 20)
        filler = pathlib.Path(mount, "filler")
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                pass
        status, answer = 200, {}
        for i in range(50):
            status, answer = control.request("POST", f"/fanion/v1/environments/default/flags/{FLAG}/set", {"percentage": i})
            if status != 200:
                break
        report.expect(status == 503 and answer.get("code") == "store-full", f"a change: {status} {answer.get('code')}")
        answer, code = control.kill_flag()
        report.expect(code == 0 and not answer["journalled"] and answer["applied"] == 2, f"kill: applied {answer['applied']}, journalled {answer['journalled']}")
        report.expect({on(sidecar, "staff") for sidecar in sidecars} == {False}, "the inner ring gets the safe variant")
        status, text = control.request("GET", "/readyz", token=None)
        report.expect(status == 200 and "not recorded" in text, f"/readyz {status} {text.strip()!r}")
        filler.unlink()
        journalled = until(lambda: control.api("GET")["unjournalledKills"] == 0, 15, 0.05)
        report.expect_within(journalled, "journalled once there is space", 10)
        kinds = [event["kind"] for event in control.api("GET", "/log?limit=1")["events"]]
        report.expect(kinds == ["flag.killed"], f"the last event is {kinds}")
        code, text, messages = control.flagctl("log", "verify")
        report.expect(code == 0, f"log verify: {text.strip() or messages.strip()}")
    finally:
        stop_all(sidecars)
        if control:
            control.stop()
        subprocess.run(["umount", "-l", mount], check=False)


def poison(report, programs):
    """A document that one sidecar refuses: the others have it, the refusal is named, and it is not sent again."""
    control = ControlPlane(programs, flags(20, percentage=0))
    strict = follow(control, 1, options=("--strict",))
    others = []
    try:
        others = [Sidecar(control.programs / "fanion", sources=[control.uri], options=("--replica-id", "other"))]
        until(lambda: expected(control) == 2, 20)
        document = json.loads(flags(20, percentage=100))
        document["flags"]["flag-1"]["targeting"] = {"starts_with": [{"var": "email"}, 5]}
        replace(control.flags, json.dumps(document))
        seen = until(lambda: on(others[0]) is True, 10)
        report.expect(seen is not None, "the other sidecar serves it")
        named = until(lambda: any(l["state"] == "refused" for l in control.api("GET", "/progress")["laggards"]), 10)
        laggards = control.api("GET", "/progress")["laggards"]
        report.expect(named is not None and "flag-1" in (laggards[0]["reason"] or ""), f"refused: {laggards}")
        report.expect(on(strict[0]) is False, "the strict sidecar keeps its flags")
        def refusals():
            return sum(float(line.split()[-1]) for line in strict[0].metric("fanion_source_updates_total") if 'result="refused"' in line)
        before = refusals()
        revision = control.api("POST", "/flags/flag-2/pause", {})["revision"]
        def applied():
            return {r["name"] for r in control.api("GET", "/replicas")["replicas"] if r["upToDate"]}
        other = until(lambda: applied() == {"other"}, 10)
        after = refusals()
        report.expect(other is not None and 0 < before == after, f"revision {revision} with the same flags goes to the other only: {before:.0f} -> {after:.0f} refusals")
        replace(control.flags, flags(20, percentage=100))
        good = until(lambda: on(strict[0]) is True, 10)
        report.expect_within(good, "the next good document arrives everywhere", 10)
    finally:
        stop_all(strict + others)
        control.stop()


def broken_file(report, programs):
    """A file that is edited into nonsense: the last good revision stays, and the place is told."""
    control = ControlPlane(programs, flags(20))
    try:
        replace(control.flags, '{"flags": {"a": [1, 2,')
        told = until(lambda: control.api("GET")["sources"][0]["error"], 10)
        error = control.api("GET")["sources"][0]["error"] or ""
        report.expect(told is not None and "flags.json:1:" in error, f"error: {error[:90]}")
        report.expect(control.api("GET")["revision"] == 1, "revision 1 stays")
        code, _, _ = control.flagctl("set", FLAG, "--percentage", "50")
        report.expect(code == 0, "changes are possible")
    finally:
        control.stop()


def crash(report, programs):
    """SIGKILL right after an acknowledged change, again and again: nothing acknowledged is lost."""
    control = ControlPlane(programs, flags(20))
    try:
        ready, lost = [], 0
        for i in range(10 if QUICK else 100):
            revision = control.api("POST", f"/flags/{FLAG}/set", {"percentage": i + 6, "reason": f"change {i}"})["revision"]
            control.end(signal.SIGKILL)
            control.start()
            ready.append(control.ready_after * 1e3)
            overridden = control.api("GET", f"/flags/{FLAG}")["state"]["rollouts"]["0"]["percentage"]
            lost += control.api("GET")["revision"] != revision or overridden != i + 6
        report.expect(lost == 0, f"{len(ready)} times: {lost} acknowledged changes lost")
        report.expect(statistics.median(ready) <= 300, f"ready again after median {statistics.median(ready):.0f}, most {max(ready):.0f} ms")
        code, text, _ = control.flagctl("log", "verify")
        report.expect(code == 0, text.strip())
        head = text.split()[-1]
        control.api("POST", f"/flags/{FLAG}/set", {"percentage": 1})
        code, *_ = control.flagctl("log", "verify", "--expect", head)
        report.expect(code == 0, f"with a later event: --expect {head[:15]}… is found")
        code, _, messages = control.flagctl("log", "verify", "--expect", f"sha256:{'0' * 64}")
        report.expect(code == 1 and "no event has the hash" in messages, messages.strip())
    finally:
        control.stop()


def restore(report, programs):
    """Backup under load, restore elsewhere: replicas with a newer revision are not led back until it is forced."""
    control = ControlPlane(programs, flags(20, percentage=0))
    sidecars = follow(control, 2)
    restored = None
    try:
        for i in range(5):
            control.api("POST", f"/flags/{FLAG}/set", {"percentage": i})
        file = f"{control.folder.name}/backup.db"
        program = str(control.programs / "fanion-control")
        subprocess.run([program, "backup", "--data-dir", str(control.data_dir), "--to", file], check=True, stdout=subprocess.DEVNULL)
        for percentage in (97, 98, 99, 100):
            control.api("POST", f"/flags/{FLAG}/set", {"percentage": percentage})
        until(lambda: {on(sidecar) for sidecar in sidecars} == {True}, 10)
        control.end()
        data_dir = f"{control.folder.name}/restored"
        subprocess.run([program, "restore", "--from", file, "--data-dir", data_dir], check=True, stdout=subprocess.DEVNULL)
        restored = ControlPlane(programs, None, folder=control.folder, data_dir=data_dir, ports=(control.port, control.sync_port))
        ahead = until(lambda: sum(r["ahead"] for r in restored.api("GET", "/replicas")["replicas"]) == 2, 70, 0.1)
        report.expect(ahead is not None, f"both replicas are shown as ahead {ahead or 0:.1f} s after the restart")
        report.expect({on(sidecar) for sidecar in sidecars} == {True}, "they keep the newer flags")
        code, _, messages = restored.flagctl("sync", "--force", "--reason", "restored")
        back = until(lambda: {on(sidecar) for sidecar in sidecars} == {False}, 10)
        report.expect(code == 0 and back is not None, f"forced: exit code {code} {messages.strip()}")
        warned = sidecars[0].logged("restored from a backup")
        report.expect(bool(warned), "the sidecar warns")
    finally:
        stop_all(sidecars)
        (restored or control).stop()


def footprint(report, programs):
    """Memory of the control plane with 1,000 flags, and the time until it is ready."""
    control = ControlPlane(programs, flags(1000))
    sidecars = []
    try:
        report.expect(control.ready_after <= 0.5, f"first start ready after {control.ready_after * 1e3:.0f} ms")
        control.end()
        control.start()
        report.note(f"ready again after {control.ready_after * 1e3:.0f} ms")
        report.note(f"1,000 flags: {control.resident():.1f} MiB")
        sidecars = follow(control, SIDECARS)
        until(lambda: expected(control) == SIDECARS, 20)
        report.expect(control.resident() <= 24, f"with {SIDECARS} sidecars: {control.resident():.1f} MiB")
    finally:
        stop_all(sidecars)
        control.stop()


async def kill_simulated(report, control, count):
    """Kills among simulated sidecars: the time from the call to the last receipt."""
    sidecars = [Simulated(control.sync_port, i) for i in range(count)]
    await connect_all(sidecars)
    await all_at(sidecars, 1, 60)
    durations, complete = [], True
    for _ in range(5):
        begun = time.perf_counter()
        answer = await asyncio.to_thread(control.api, "POST", f"/flags/{FLAG}/kill", {})
        progress = await asyncio.to_thread(control.api, "GET", f"/progress?revision={answer['revision']}&waitMillis=20000")
        durations.append((time.perf_counter() - begun) * 1e3)
        complete &= progress["applied"] == count and not progress["laggards"]
        restored = await asyncio.to_thread(control.api, "POST", f"/flags/{FLAG}/restore", {})
        await all_at(sidecars, restored["revision"], 20)
    report.expect(complete, f"{count} simulated sidecars: all receipts, each time")
    report.expect(max(durations) <= 1000, f"call to last receipt median {statistics.median(durations):.0f}, most {max(durations):.0f} ms")
    return sidecars


async def storm(report, control, sidecars):
    """All connect again within a second after the control plane was away."""
    count, have = len(sidecars), sidecars[0].have
    for sidecar in sidecars:
        sidecar.close()
    await asyncio.to_thread(control.end, signal.SIGKILL)
    await asyncio.to_thread(control.start)
    again = [Simulated(control.sync_port, i, have=have) for i in range(count)]
    begun, peak = time.perf_counter(), 0.0
    connecting = asyncio.create_task(connect_all(again, 1000))
    while not connecting.done():
        peak = max(peak, control.resident())
        await asyncio.sleep(0.02)
    connected = time.perf_counter() - begun
    until_told = await all_at(again, have[1], 60)
    def complete():
        progress = control.api("GET", "/progress")
        return progress["applied"] == count and not progress["laggards"]
    receipts = await asyncio.to_thread(until, complete, 60, 0.02)
    peak = max(peak, control.resident())
    report.expect(until_told is not None and receipts is not None, f"{count} connect again in {connected:.1f} s; all receipts {time.perf_counter() - begun:.1f} s after the first")
    documents = sum(sidecar.documents for sidecar in again)
    report.expect(documents == 0, f"{documents} of them got a whole document")
    report.note(f"memory peak {peak:.1f} MiB")
    for sidecar in again:
        sidecar.close()


def simulated(report, programs):
    """Thousands of simulated sidecars: a kill, the memory of their streams, and a storm of connections."""
    raise_descriptors()
    control = ControlPlane(programs, flags(100))
    async def run():
        before = control.resident()
        sidecars = await kill_simulated(report, control, 300 if QUICK else 2000)
        report.note(f"memory {before:.1f} -> {control.resident():.1f} MiB")
        if not QUICK:
            more = [Simulated(control.sync_port, i) for i in range(2000, 5000)]
            await connect_all(more)
            await all_at(more, 1, 60)
            sidecars += more
        await storm(report, control, sidecars)
    try:
        asyncio.run(run())
    finally:
        control.stop()


SCENARIOS = {f.__name__: f for f in (kill, laggards, away, hour, full_disk, poison, broken_file, crash, restore, footprint, simulated)}


# Run only by name.
LONG = {"hour"}
# What is measured there holds for release builds.
RELEASE_ONLY = {"footprint"}


def main():
    words = [word for word in sys.argv[1:] if word != "--quick"]
    programs, chosen = pathlib.Path(words[0]).resolve(), words[1:] or [name for name in SCENARIOS if name not in LONG | (RELEASE_ONLY if QUICK else set())]
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


main()
