"""Faults of file systems: sources that cannot be read, a state directory that cannot be written, reads that hang."""
import os, pathlib, subprocess, tempfile, time
from hanging_fs import HangingFs
from report import Callers
from sidecar import Sidecar, replace, until, version_flags


def source_fault(report, sidecar, inflict, heal):
    """A source that cannot be read: reported, the last good flags are served, and the next edit after it counts."""
    with Callers(sidecar) as callers:
        begun = time.monotonic()
        inflict()
        report.reported(sidecar, "stale flags of source", "fanion_source_stale", begun)
        report.serves(sidecar, 1, "meanwhile")
        heal()
        replace(sidecar.flags, version_flags(2))
        report.sees_edit(sidecar, 2)
        recovered = until(lambda: sidecar.body("management", "/readyz") == (200, ""), 5)
        report.expect(recovered is not None, "then /readyz is empty")
    report.expect(not callers.failures and callers.values in (["1"], ["1", "2"]), callers.figures())
    inflict()
    report.ends(sidecar)
    sidecar.stop()


def permissions(report, program):
    sidecar = Sidecar(program, version_flags(1), user=65534)
    source_fault(report, sidecar, lambda: sidecar.flags.chmod(0), lambda: sidecar.flags.chmod(0o644))


def directory_permissions(report, program):
    sidecar = Sidecar(program, version_flags(1), user=65534)
    source_fault(report, sidecar, lambda: os.chmod(sidecar.folder.name, 0), lambda: os.chmod(sidecar.folder.name, 0o755))


def missing(report, program):
    sidecar = Sidecar(program, version_flags(1))
    source_fault(report, sidecar, sidecar.flags.unlink, lambda: None)


def fifo(report, program):
    sidecar = Sidecar(program, version_flags(1))
    def inflict():
        os.mkfifo(f"{sidecar.flags}~")
        os.rename(f"{sidecar.flags}~", sidecar.flags)
    source_fault(report, sidecar, inflict, lambda: None)


def truncated(report, program):
    """A full disk cuts the document that an editor writes in place."""
    folder = tmpfs("size=64k")
    flags = pathlib.Path(folder, "flags.json")
    flags.write_text(version_flags(1))
    sidecar = Sidecar(program, sources=[f"file:{flags}"])
    sidecar.flags = flags
    filler = pathlib.Path(folder, "filler")
    def inflict():
        fill(filler)
        with open(flags, "w") as file:
            try:
                file.write(version_flags(9, 10_000))
                file.flush()
            except OSError:
                pass
    source_fault(report, sidecar, inflict, filler.unlink)


def tmpfs(options):
    """A file system of its own, which ends with the mount namespace of this script."""
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"{options},mode=755", "tmpfs", folder], check=True)
    return folder


def fill(path):
    """Writes a file until the disk is full."""
    with open(path, "ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def state_fault(report, program, options, inflict, heal):
    """A state directory that cannot be written: edits count, the metric says what is not stored, and writes are repeated."""
    folder = tmpfs(options)
    state = ["--state-dir", f"{folder}/state"]
    sidecar = Sidecar(program, version_flags(1), options=state)
    unsaved = lambda: sidecar.number("fanion_state_unsaved_documents")
    assert until(lambda: unsaved() == 0, 5)
    with Callers(sidecar) as callers:
        inflict(folder)
        begun = time.monotonic()
        replace(sidecar.flags, version_flags(2))
        report.sees_edit(sidecar, 2)
        report.reported(sidecar, None, "fanion_state_unsaved_documents 1", begun)
        healed = time.monotonic()
        heal(folder)
        stored = until(lambda: unsaved() == 0, 70, 0.1)
        report.expect(stored is not None, f"stored {time.monotonic() - healed:.1f} s after the end of the fault")
        inflict(folder)
        replace(sidecar.flags, version_flags(3))
        report.sees_edit(sidecar, 3, what="an edit in a second fault")
    report.expect(not callers.failures, callers.figures())
    report.ends(sidecar)
    sidecar.flags.unlink()
    again = Sidecar(program, options=state, sources=[f"file:{sidecar.flags}"])
    report.serves(again, 2, "a restart without the source")
    report.ends(again, "SIGTERM again")
    sidecar.stop()
    again.stop()


def disk_full(report, program):
    state_fault(report, program, "size=64k", lambda folder: fill(f"{folder}/filler"), lambda folder: os.unlink(f"{folder}/filler"))


def inodes(report, program):
    def take(folder):
        number = 0
        try:
            while True:
                open(f"{folder}/taken-{number}", "x").close()
                number += 1
        except OSError:
            pass
    def free(folder):
        for path in pathlib.Path(folder).glob("taken-*"):
            path.unlink()
    state_fault(report, program, "size=1m,nr_inodes=8", take, free)


def read_only(report, program):
    remount = lambda mode: lambda folder: subprocess.run(["mount", "-o", f"remount,{mode}", folder], check=True)
    state_fault(report, program, "size=1m", remount("ro"), remount("rw"))


def hanging_source(report, program):
    """One source on a file system that stops responding, beside a healthy one."""
    fs = HangingFs(tempfile.mkdtemp())
    fs.write("a.json", version_flags(1, 1).replace("flag-0", "far"))
    near = pathlib.Path(tempfile.mkdtemp(), "near.json")
    near.write_text(version_flags(1))
    sidecar = Sidecar(program, sources=[f"file:{fs.path}/a.json", f"file:{near}"])
    with Callers(sidecar) as callers:
        fs.hang()
        begun = time.monotonic()
        replace(near, version_flags(2))
        report.sees_edit(sidecar, 2, what="an edit of another source")
        report.reported(sidecar, "stalled for", "fanion_thread_stalled", begun)
        report.expect(sidecar.value("far") == "1", "the last good flags of the hanging source are served")
        fs.respond()
        fs.write("a.json", version_flags(2, 1).replace("flag-0", "far"))
        seen = until(lambda: sidecar.value("far") == "2", 5)
        report.expect(seen is not None, f"its edit served {seen or 5:.1f} s after it responds")
    report.expect(not callers.failures, callers.figures())
    fs.hang()
    stalled = until(lambda: sidecar.metric("fanion_thread_stalled"), 8, 0.1)
    report.expect(stalled is not None, "stalled again")
    report.ends(sidecar)
    begun = time.monotonic()
    starting = Sidecar(program, sources=[f"file:{fs.path}/a.json", f"file:{near}"], ready=False)
    report.reported(starting, "no flags from source", "fanion_thread_stalled", begun)
    report.ends(starting, "SIGTERM during a start while it hangs")
    starting.stop()
    fs.close()
    sidecar.stop()


def hanging_state(report, program):
    """A state directory on a file system that stops responding."""
    fs = HangingFs(tempfile.mkdtemp())
    sidecar = Sidecar(program, version_flags(1), options=["--state-dir", fs.path])
    unsaved = lambda: sidecar.number("fanion_state_unsaved_documents")
    report.expect(until(lambda: unsaved() == 0, 5) is not None, "flags stored")
    with Callers(sidecar) as callers:
        fs.hang()
        begun = time.monotonic()
        for version in (2, 3):
            replace(sidecar.flags, version_flags(version))
            report.sees_edit(sidecar, version)
        report.reported(sidecar, "state directory", "fanion_thread_stalled", begun)
        fs.respond()
        stored = until(lambda: unsaved() == 0, 10)
        report.expect(stored is not None, f"stored {stored or 0:.1f} s after it responds")
        fs.hang()
        replace(sidecar.flags, version_flags(4))
        report.sees_edit(sidecar, 4)
    report.expect(not callers.failures, callers.figures())
    report.ends(sidecar)
    fs.respond()
    sidecar.flags.unlink()
    again = Sidecar(program, options=["--state-dir", fs.path], sources=[f"file:{sidecar.flags}"])
    report.expect(again.value() in ("3", "4"), f"a restart without the source: version {again.value()}")
    again.stop()
    # A start while the directory hangs.
    sidecar.flags.write_text(version_flags(5))
    fs.hang()
    begun = time.monotonic()
    again = Sidecar(program, options=["--state-dir", fs.path], sources=[f"file:{sidecar.flags}"])
    report.serves(again, 5, f"a start while it hangs takes {time.monotonic() - begun:.1f} s")
    report.ends(again)
    fs.close()
    again.stop()
    sidecar.stop()


def inotify(report, program):
    """No inotify instance, and no watch, as when other processes of the user hold them all."""
    for limit in ("instances", "watches"):
        script = f'echo 0 > /proc/sys/user/max_inotify_{limit} && exec "$@"'
        sidecar = Sidecar(program, version_flags(1), before=["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh"])
        with Callers(sidecar) as callers:
            warned = sidecar.logged("cannot watch")
            report.expect(len(warned) == 1, f"{limit}: {[line['message'] for line in warned]}")
            for version in (2, 3, 4):
                replace(sidecar.flags, version_flags(version))
                report.sees_edit(sidecar, version, 2)
        report.expect(not callers.failures, callers.figures())
        report.ends(sidecar)
        sidecar.stop()


def mounts(report, program):
    """Other files are mounted over the file, over its directory and over the directory above, as a container runtime does."""
    sidecar = Sidecar(program, version_flags(1), before=["unshare", "--user", "--map-root-user", "--mount"],
                      options=["--debug-endpoints", "open"])
    folder = pathlib.Path(sidecar.folder.name)
    polled = lambda: '"polled":true' in sidecar.body("management", "/debug/sources")[1]
    def mount(source, target):
        settled = until(lambda: not polled(), 5)
        report.expect(settled is not None, "the file is not polled")
        enter = ["nsenter", f"--target={sidecar.pid}", "--user", "--preserve-credentials", "--mount"]
        subprocess.run([*enter, "mount", "--bind", str(source), str(target)], check=True)
    with tempfile.TemporaryDirectory() as elsewhere, Callers(sidecar) as callers:
        os.chmod(elsewhere, 0o755)
        for version, target in ((2, sidecar.flags), (3, folder)):
            source = pathlib.Path(elsewhere, str(version))
            source.mkdir()
            document = source / "flags.json"
            document.write_text(version_flags(version))
            mount(document if target.is_file() else source, target)
            report.sees_edit(sidecar, version, 1)
            # Written by its name outside of the mount.
            until(lambda: not polled(), 5)
            document.write_text(version_flags(version + 10))
            report.sees_edit(sidecar, version + 10, 1)
    report.expect(not callers.failures, callers.figures())
    report.ends(sidecar)
    sidecar.stop()


SCENARIOS = {"permissions": permissions, "directory-permissions": directory_permissions, "missing": missing, "fifo": fifo, "truncated": truncated,
             "disk-full": disk_full, "inodes": inodes, "read-only": read_only, "hanging-source": hanging_source, "hanging-state": hanging_state,
             "inotify": inotify, "mounts": mounts}
