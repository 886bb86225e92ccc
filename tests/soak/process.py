"""What the kernel knows of a process."""
import contextlib
import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def memory(pid):
    """Resident, proportional and private memory in KiB."""
    sizes = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, size, _ = line.split()
        sizes[name[:-1]] = int(size)
    return sizes["Rss"], sizes["Pss"], sizes["Private_Clean"] + sizes["Private_Dirty"]


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu(pid):
    """Threads, and seconds of CPU so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[17]), (int(fields[11]) + int(fields[12])) / TICKS


def waited(pid):
    """Seconds that the threads which exist were ready to run and another process had the CPU."""
    total = 0
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        # Threads of the blocking pool end at any time.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int((thread / "schedstat").read_text().split()[1])
    return total / 1e9
