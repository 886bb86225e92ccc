"""Installs drivers and returns their commands."""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
LANGUAGES = ("go", "java", "node", "python", "rust")
MISSING = 3


class Missing(Exception):
    """A requirement of a driver is missing; the text names it."""


def command(language, scratch, prepare=HERE / "prepare"):
    """The command that runs a language's driver, or whatever else the script `prepare` installs. Raises Missing."""
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
    """The commands by language. Calls `missing` with each language whose driver cannot run, and the reason."""
    found = {}
    for language in languages:
        try:
            found[language] = command(language, scratch)
        except Missing as what:
            missing(language, what)
    return found
