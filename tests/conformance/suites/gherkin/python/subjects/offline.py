"""`flagctl`, with the files that the daemon would read."""

import flagctl
import launcher


class Offline:
    def __init__(self, kind, options, events):
        launcher.start(kind)
        self.file = launcher.DIRECTORY / options.get("selector", "flags/allFlags.json")

    def evaluate(self, kind, key, default, context):
        return flagctl.evaluate(self.file, kind, key, default, context)

    def close(self):
        pass
