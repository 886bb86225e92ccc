"""Installs drivers, and says how they are run."""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
LANGUAGES = ("go", "java", "node", "python", "rust")
MISSING = 3


class Missing(Exception):
    """What a driver needs is not here; the text says what."""


def command(language, scratch, prepare=HERE / "prepare"):
    """The command that runs a language's driver, or what else a script prepares. Raises Missing."""
    scratch = pathlib.Path(scratch, language)
    scratch.mkdir()
    ran = subprocess.run([prepare, language, scratch], text=True, capture_output=True, check=False)
    said = ran.stderr.strip().splitlines() or [""]
    if ran.returncode == MISSING:
        raise Missing(said[-1])
    if ran.returncode:
        raise RuntimeError(f"`{prepare} {language}` ended with {ran.returncode}: {' '.join(said[-20:])}")
    return ran.stdout.splitlines()


def commands(languages, scratch, missing):
    """The commands of languages, by name; `missing` hears of each that has none here, and why."""
    found = {}
    for language in languages:
        try:
            found[language] = command(language, scratch)
        except Missing as what:
            missing(language, what)
    return found
