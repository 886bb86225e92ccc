"""A copy of the drivers with other versions of a provider, and of the package that it evaluates with."""

import json
import pathlib
import re
import shutil
import subprocess

CONFORMANCE = pathlib.Path(__file__).resolve().parent.parent
PACKAGES = {
    "python": "openfeature-provider-flagd",
    "node": "@openfeature/flagd-provider",
    "go": "github.com/open-feature/go-sdk-contrib/providers/flagd",
    "java": "dev.openfeature.contrib.providers:flagd",
    "rust": "open-feature-flagd",
}


def copy(language, version, engine, scratch):
    """Copies drivers/ to `scratch`, pins the versions there, and returns the path of its `prepare`. A recipe that has
    these versions already stays unchanged, and its installation in the cache is reused."""
    drivers = scratch / "drivers"
    shutil.copytree(CONFORMANCE / "drivers", drivers)
    shutil.copy(CONFORMANCE / "install.sh", scratch)
    PIN[language](drivers / language, {PACKAGES[language]: version, **engine})
    return drivers / "prepare"


def pin_python(directory, versions):
    """Replaces all pins if one version differs: the others may conflict with older versions."""
    file = directory / "requirements.txt"
    pins = [f"{name}=={version}" for name, version in versions.items()]
    if not set(pins) <= set(file.read_text().splitlines()):
        file.write_text("\n".join(pins) + "\n")


def pin_node(directory, versions):
    lock, file = directory / "package-lock.json", directory / "package.json"
    locked = json.loads(lock.read_text())["packages"]
    if all(locked.get(f"node_modules/{name}", {}).get("version") == version for name, version in versions.items()):
        return
    package = json.loads(file.read_text())
    package["dependencies"].update(versions)
    file.write_text(json.dumps(package))
    run(directory, "npm", "install", "--package-lock-only", "--loglevel=error")


def pin_go(directory, versions):
    required = (directory / "go.mod").read_text().split("\n")
    pins = [f"{name} {version}" for name, version in versions.items()]
    if not all(any(line.strip().removesuffix(" // indirect") == pin for line in required) for pin in pins):
        run(directory, "go", "get", *(pin.replace(" ", "@") for pin in pins))
        run(directory, "go", "mod", "tidy")


def pin_java(directory, versions):
    for name, version in versions.items():
        group, artifact = name.split(":")
        begin = rf"(<groupId>{re.escape(group)}</groupId>\s*<artifactId>{re.escape(artifact)}</artifactId>\s*<version>)"
        substitute(directory / "pom.xml", begin + "[^<]*", version)


def pin_rust(directory, versions):
    file = directory / "Cargo.toml"
    before = file.read_text()
    provider = PACKAGES["rust"]
    substitute(file, rf'({provider} = {{ version = ")[^"]*', f"={versions[provider]}")
    if file.read_text() != before:
        for name, version in versions.items():
            run(directory, "cargo", "update", "--quiet", "--package", name, "--precise", version)


def substitute(file, pattern, version):
    text, count = re.subn(pattern, rf"\g<1>{version}", file.read_text())
    if count != 1:
        raise RuntimeError(f"{file.name}: {count} places match {pattern}")
    file.write_text(text)


def run(directory, *command):
    ran = subprocess.run(command, cwd=directory, text=True, capture_output=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"`{' '.join(command)}` ended with {ran.returncode}: {ran.stderr.strip()[-500:]}")


PIN = {"python": pin_python, "node": pin_node, "go": pin_go, "java": pin_java, "rust": pin_rust}
