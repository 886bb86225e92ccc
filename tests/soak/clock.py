"""The generations of flags, shared by the process that edits and the processes that call."""
import ctypes
import multiprocessing
import time

import flags

KEPT = 4096


class Clock:
    """A generation is announced, then its file is renamed into place. `seen` is the newest one in any answer."""

    def __init__(self):
        self.announced = multiprocessing.RawValue(ctypes.c_int64)
        self.renamed = multiprocessing.RawValue(ctypes.c_int64)
        self.seen = multiprocessing.RawValue(ctypes.c_int64)
        self.times = multiprocessing.RawArray(ctypes.c_double, KEPT)

    def rename(self, generation, staged, path):
        self.announced.value = generation
        self.times[generation % KEPT] = time.monotonic()
        staged.rename(path)
        self.renamed.value = generation

    def oldest(self):
        """The oldest generation that a request which begins now may see: the one before the current one, or the
        newest that a client has seen."""
        return max(self.renamed.value - 1, self.seen.value)

    def saw(self, generation):
        # Writes of two processes may cross; a lost one only makes a check weaker.
        if generation > self.seen.value:
            self.seen.value = generation

    def lag(self, generation):
        """Milliseconds since a generation's file was renamed."""
        return (time.monotonic() - self.times[generation % KEPT]) * 1e3

    def mistake(self, flag, revision, oldest):
        """Says what is wrong with the revision of a flag in an answer to a request that began at `oldest`."""
        newest = self.announced.value
        if revision in (flags.revision(flag, oldest), flags.revision(flag, newest)):
            return self.saw(revision)
        return f"revision outside of the last two generations: {revision} of flag {flag}, generations {oldest} to {newest}"

    def torn(self, revisions, oldest):
        """Says what is wrong with the revisions of all flags, which must be those of one generation. Returns the
        generation, and the mistake."""
        generation = max(revisions)
        for flag, revision in enumerate(revisions):
            if revision != flags.revision(flag, generation):
                return generation, f"two generations in one answer: {revision} of flag {flag} beside {generation}"
        newest = self.announced.value
        if not oldest <= generation <= newest:
            return generation, f"not one of the last two generations: {generation}, generations {oldest} to {newest}"
        self.saw(generation)
        return generation, None
