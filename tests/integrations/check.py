"""Checks flagctl's output formats with their consumers: see `run` in this directory."""
import json, os, pathlib, re, subprocess, sys, tempfile
import xml.etree.ElementTree as xml

import jsonschema

FLAGCTL, SCHEMA, PRE_COMMIT = sys.argv[1:]
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOOD = 'flags:\n  pay: { variants: { "on": true }, defaultVariant: "on" }\n'
NEEDS = 'flags:\n  pro:\n    variants: { "on": true, "off": false }\n    defaultVariant: "off"\n    requires: [{ flag: pay, variant: "on" }]\n    rollout: { variant: "on", percentage: 5 }\n'
BAD = 'flags:\n  "pay, 100%":\n    variants: { "on": "http://x.example/é<&>" }\n    defaultVariant: "off"\n  pay-beta: {}\n  pay-ga: {}\n'


def ok(what):
    print(f"ok {what}", flush=True)


def lint(directory, *arguments, code):
    run = subprocess.run([FLAGCTL, "lint", *arguments], cwd=directory, text=True, capture_output=True)
    assert run.returncode == code, run
    return run.stdout


def sarif(directory):
    schema = json.loads(pathlib.Path(SCHEMA).read_text())
    checker = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
    for file, code, least in [("flags/bad file.yaml", 1, 4), ("flags/good.yaml", 0, 0)]:
        log = json.loads(lint(directory, "--format", "sarif", file, code=code))
        errors = [error.message for error in checker.iter_errors(log)]
        assert errors == [], errors
        results = log["runs"][0]["results"]
        assert len(results) >= least, results
        rules = log["runs"][0]["tool"]["driver"]["rules"]
        assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)
        assert len({result["partialFingerprints"]["flagctl/v1"] for result in results}) == len(results)
        places = [result["locations"][0]["physicalLocation"] for result in results]
        assert all(place["artifactLocation"]["uri"] == "flags/bad%20file.yaml" for place in places)
    assert list(checker.iter_errors({"version": "2.1.0"})), "the schema accepts everything"
    ok("SARIF validates against its public schema")


def github(directory):
    lines = lint(directory, "--format", "github", "flags", code=1).splitlines()
    form = re.compile(r"::(error|warning) file=([^,:]+),line=(\d+),col=(\d+),title=([^,:]+)::(.+)")
    found = [form.fullmatch(line) for line in lines]
    assert len(found) >= 4 and all(found), lines
    assert any(match[5].startswith("F007%3A ") and "pay, 100%25" in match[6] for match in found), lines
    ok("each line is an annotation of GitHub Actions")


def junit(directory):
    suite = xml.fromstring(lint(directory, "--format", "junit", "flags", code=1))[0]
    failures = suite.findall("testcase/failure")
    assert len(failures) == int(suite.get("failures")) >= 2, suite.attrib
    assert len(suite.findall("testcase")) == int(suite.get("tests"))
    assert any("é<&>" in (failure.text or "") for failure in failures)
    ok("JUnit's XML is valid")


def git(directory, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=directory, check=True, stdout=subprocess.DEVNULL)


def pre_commit(directory, home):
    hooks = home / "hooks"
    hooks.mkdir()
    (hooks / ".pre-commit-hooks.yaml").write_text((ROOT / ".pre-commit-hooks.yaml").read_text())
    git(hooks, "init", "--quiet")
    git(hooks, "add", ".")
    git(hooks, "commit", "--quiet", "-m", "hooks")
    revision = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=hooks, text=True).strip()
    config = {"repos": [{"repo": str(hooks), "rev": revision, "hooks": [{"id": "flagctl-lint-system"}]}]}
    (directory / ".pre-commit-config.yaml").write_text(json.dumps(config))
    path = os.pathsep.join([str(pathlib.Path(FLAGCTL).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(home / "cache")}
    git(directory, "init", "--quiet")
    git(directory, "add", ".")

    def hook(*what):
        return subprocess.run([PRE_COMMIT, "run", *what], cwd=directory, env=environment, text=True, capture_output=True)

    run = hook("--all-files")
    assert run.returncode == 1 and "F007" in run.stdout, run
    (directory / "flags/bad file.yaml").write_text(GOOD)
    (directory / "other.yaml").write_text("not: flags\n")
    git(directory, "add", ".")
    run = hook("--all-files")
    assert run.returncode == 0 and "Passed" in run.stdout, run
    (directory / "flags/needs.yaml").write_text(NEEDS)
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "--no-verify", "-m", "flags")
    (directory / "flags/needs.yaml").write_text(NEEDS.replace("pro:", "pro: # changed"))
    git(directory, "add", ".")
    run = hook()
    assert run.returncode == 0 and "Passed" in run.stdout, run
    (directory / "flags/needs.yaml").write_text(NEEDS.replace("pay", "nothing"))
    git(directory, "add", ".")
    run = hook()
    assert run.returncode == 1 and "F018" in run.stdout, run
    ok("pre-commit runs the hook, which fails and passes")


with tempfile.TemporaryDirectory() as scratch:
    home = pathlib.Path(scratch)
    directory = home / "project"
    (directory / "flags").mkdir(parents=True)
    (directory / "flags/bad file.yaml").write_text(BAD)
    (directory / "flags/good.yaml").write_text(GOOD)
    sarif(directory)
    github(directory)
    junit(directory)
    pre_commit(directory, home)
