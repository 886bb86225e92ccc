"""Checks of deploy/: see tests/deploy/run."""
import argparse, hashlib, json, os, pathlib, re, shutil, subprocess, tempfile
from api_server import ApiServer
from page import commands
from sidecar import Sidecar, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/helm/fanion"
# Only what `kubectl auth can-i` asks for: that the resource exists.
FEATURE_FLAGS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: featureflags.core.openfeature.dev}
spec:
  group: core.openfeature.dev
  scope: Namespaced
  names: {kind: FeatureFlag, plural: featureflags, singular: featureflag}
  versions: [{name: v1beta1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
"""
KUSTOMIZE = ROOT / "deploy/kustomize"
VERSION = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
# The oldest Kubernetes with native sidecars by default.
KUBERNETES = "1.29.0"
STANDALONE = ["-f", str(CHART / "ci/standalone-values.yaml")]
# Mistakes in values, and what the refusal must name.
MISTAKES = [
    (STANDALONE + ["--set", "mode=daemonset"], ["/mode", "native-sidecar", "standalone"]),
    (STANDALONE + ["--set", "sources[0].configmap=flags"], ["/sources/0", "'configmap' not allowed"]),
    (STANDALONE + ["--set", "evaluation.listen=everywhere"], ["/evaluation/listen", "loopback", "socket"]),
    (STANDALONE + ["--set", "replicas=two"], ["/replicas", "want integer"]),
    (STANDALONE + ["--set", "sources[0].sync=fanion:8015,sources[0].configMap=null"], ["/sources/0/sync", "grpcs?://"]),
    (["--set", "mode=sidecar,sources[0].configMap=a"], ["set app.containers"]),
    ([], ["no flags: set flags or sources"]),
    (STANDALONE + ["--set", "evaluation.listen=socket"], ["is for sidecars"]),
    (STANDALONE + ["--set", "image.repository=registry.example/fanion:0.1.0"], ["/image/repository"]),
    (STANDALONE + ["--set", "flags.flags.a.defaultVariant=on"], ["without the outer `flags:`"]),
    (STANDALONE + ["--set", "sources[0].configMap=a,sources[1].configMap=a"], ["named twice"]),
    (["--values", str(CHART / "ci/native-sidecar-values.yaml"), "--kube-version", "1.28.0"], ["1.29 or later", "set mode to sidecar"]),
]
# Components that change a Deployment which has the native sidecar.
AFTER_SIDECAR = ["unix-socket", "featureflag", "sync"]


def expect(holds, claim, *seen):
    print("ok" if holds else "FAILED", claim, *seen, flush=True)
    assert holds, (claim, *seen)


def run(*command, check=True, **options):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    assert not check or done.returncode == 0, done.stdout
    return done


def render_chart(helm):
    """The manifests of each file of values."""
    rendered = {}
    for values in sorted((CHART / "ci").glob("*.yaml")):
        run(helm, "lint", CHART, "--strict", "--quiet", "--kube-version", KUBERNETES, "-f", values)
        manifests = run(helm, "template", "flags", CHART, "--namespace", "shop", "--kube-version", KUBERNETES, "-f", values).stdout
        rendered[f"helm {values.stem}"] = manifests
        expect("kind: Deployment" in manifests, f"helm lint and template: {values.name}")
    return rendered


def check_mistakes(helm):
    for options, wanted in MISTAKES:
        done = run(helm, "template", "flags", CHART, "--kube-version", KUBERNETES, *options, check=False)
        shown = " ".join(options).replace(str(CHART) + "/", "")
        expect(done.returncode != 0 and all(text in done.stdout for text in wanted), f"refused with a reason: {shown or 'no values'}")


def render_kustomizations():
    rendered = {name: run("kubectl", "kustomize", KUSTOMIZE / path).stdout for name, path in (("kustomize example", "example"), ("kustomize standalone", "standalone"))}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(KUSTOMIZE, f"{folder}/kustomize")
        for components in [["sidecar"], *(["native-sidecar", name] for name in AFTER_SIDECAR), ["native-sidecar", "unix-socket", "featureflag", "pod-monitor"]]:
            path = pathlib.Path(folder, "kustomize/example/kustomization.yaml")
            list_ = ", ".join(f"../components/{name}" for name in components)
            path.write_text(re.sub(r"components: .*", f"components: [{list_}]", (KUSTOMIZE / "example/kustomization.yaml").read_text()))
            rendered[f"kustomize {' + '.join(components)}"] = run("kubectl", "kustomize", path.parent).stdout
    for name, manifests in rendered.items():
        expect("name: fanion" in manifests, name)
    return rendered


def dry_run(tools, rendered, program):
    """Each set of manifests is accepted by a real API server, which refuses fields that do not exist."""
    server = ApiServer(tools)
    try:
        expect("v1.37" in server.kubectl("version").stdout, "an API server of Kubernetes 1.37 is ready")
        server.kubectl("create", "-f", str(tools / "podmonitors.yaml"))
        server.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd/podmonitors.monitoring.coreos.com")
        check_page(server, tools)
        # The accounts that a controller creates in a whole cluster.
        for namespace in ("shop", "flags"):
            server.kubectl("create", "serviceaccount", "default", "--namespace", namespace)
        for name, manifests in rendered.items():
            done = server.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", check=False, text=manifests)
            created = done.stdout.count("created (server dry run)")
            expect(done.returncode == 0 and created == manifests.count("\nkind: ") + manifests.startswith("kind: "), f"server-side dry run: {name}:",
                   f"{created} objects" if done.returncode == 0 else done.stdout)
        wrong = rendered["kustomize example"].replace("restartPolicy: Always", "restartpolicy: Always")
        done = server.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", check=False, text=wrong)
        expect(done.returncode != 0 and "restartpolicy" in done.stdout, "a field that does not exist is refused")
        check_permissions(server, rendered["kustomize native-sidecar + featureflag"])
        if program:
            check_source(server, program)
    finally:
        server.stop()


def check_page(server, tools):
    """The commands of docs/kubernetes.md, in a cluster without kubelets."""
    environment = {**server.environment, "PATH": f"{tools}:{os.environ['PATH']}"}
    for command, printed in commands((ROOT / "docs/kubernetes.md").read_text()):
        done = subprocess.run(command, shell=True, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        expect(done.returncode == 0 and printed in done.stdout, f"docs/kubernetes.md: {command}", *([] if done.returncode == 0 else [done.stdout]))
    server.kubectl("delete", "-k", str(KUSTOMIZE / "example"))


def check_permissions(server, manifests):
    """The account of the sidecar can read its FeatureFlag, and nothing else."""
    server.kubectl("create", "-f", "-", text=FEATURE_FLAGS)
    server.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd/featureflags.core.openfeature.dev")
    server.kubectl("create", "-f", "-", text=manifests)
    account = "--as=system:serviceaccount:shop:fanion"
    for verb, what, may in (("watch", "featureflags.core.openfeature.dev/flags", "yes"), ("list", "featureflags.core.openfeature.dev/flags", "yes"),
                            ("watch", "featureflags.core.openfeature.dev/other", "no"), ("get", "featureflags.core.openfeature.dev/flags", "no"), ("update", "featureflags.core.openfeature.dev/flags", "no"),
                            ("get", "secrets", "no"), ("get", "configmaps", "no")):
        said = server.kubectl("auth", "can-i", verb, what, "--namespace", "shop", account, check=False).stdout.strip().splitlines()[-1]
        expect(said == may, f"the account may {verb} {what}: {may}")


def check_source(server, program):
    """fanion reads the FeatureFlag with the permissions of the component, and says what is missing without them."""
    token = server.kubectl("create", "token", "fanion").stdout.strip()
    flag = {"state": "ENABLED", "variants": {"on": True}, "defaultVariant": "on"}
    resource = {"apiVersion": "core.openfeature.dev/v1beta1", "kind": "FeatureFlag", "metadata": {"name": "flags", "namespace": "shop"},
                "spec": {"flagSpec": {"flags": {"flag-1": flag}}}}
    server.kubectl("create", "-f", "-", text=json.dumps(resource))
    config = server.write_config(token, "of-fanion")
    options = {"sources": ["core.openfeature.dev/shop/flags"], "environment": {"KUBECONFIG": str(config)}}
    sidecar = Sidecar(program, **options)
    try:
        expect(sidecar.values() == {True}, "fanion reads its FeatureFlag with these permissions")
    finally:
        sidecar.stop()
    server.kubectl("delete", "rolebinding", "fanion")
    sidecar = Sidecar(program, ready=False, **options)
    try:
        said = until(lambda: sidecar.logged("no permission to list featureflags"), 10, 0.1)
        expect(said is not None, "without them, the log names what is missing", sidecar.log[-2:] if said is None else "")
    finally:
        sidecar.stop()


def check_one_place():
    """The repository and the registry stand in deploy/release.env; files that cannot read it agree with it."""
    names = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / "deploy/release.env").read_text(), re.M))
    repository, registry = names["FANION_REPOSITORY"], names["FANION_REGISTRY"]
    expect(f'repository = "{repository}"' in (ROOT / "Cargo.toml").read_text(), "Cargo.toml has the repository of deploy/release.env")
    expect(f"- {repository}\n" in (CHART / "Chart.yaml").read_text(), "Chart.yaml has it, too")
    chart = (CHART / "Chart.yaml").read_text()
    expect(f"appVersion: {VERSION}\n" in chart, "the chart has the version of Cargo.toml")
    allowed = {"deploy/release.env"}
    found = {str(path.relative_to(ROOT)) for folder in ("deploy", ".github", "docs") for path in (ROOT / folder).rglob("*")
             if path.is_file() and registry in path.read_text(errors="replace")}
    expect(found <= allowed, "the registry stands nowhere else", sorted(found - allowed))
    if names["FANION_PUBLISHED"] != "yes":
        done = run(ROOT / "deploy/install", VERSION, "/nonexistent", check=False)
        expect(done.returncode == 1 and "there is no release yet" in done.stdout, "deploy/install says that there is no release")


def check_release(release):
    """The installation of a release from a directory, and the action with it."""
    [archive] = release.glob("*.tar.gz")
    target = archive.name.removeprefix(f"fanion-{VERSION}-").removesuffix(".tar.gz")
    with tempfile.TemporaryDirectory() as folder:
        releases = pathlib.Path(folder, "releases", f"v{VERSION}")
        releases.mkdir(parents=True)
        shutil.copy(archive, releases)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        (releases / "SHA256SUMS").write_text(f"{digest}  {archive.name}\n")
        environment = {**os.environ, "FANION_RELEASES": f"file://{releases.parent}", "FANION_TARGET": target}
        programs = pathlib.Path(run(ROOT / "deploy/install", VERSION, f"{folder}/installed", env=environment).stdout.strip())
        expect(run(programs / "fanionctl", "version").stdout.startswith("flagctl: "), "an installed release: fanionctl is flagctl")
        pages = sorted(path.name for path in programs.parent.glob("man/man1/*"))
        expect({"fanion.1", "fanion-start.1", "flagctl.1", "flagctl-lint.1", "fanionctl.1"} <= set(pages), "man pages", len(pages))
        run("man", "--warnings", "-l", programs.parent / "man/man1/fanion-start.1") if shutil.which("man") else None
        checkout = pathlib.Path(folder, "checkout")
        shutil.copytree(ROOT / "flags", checkout / "flags")
        git = ["git", "-C", checkout, "-c", "user.name=a", "-c", "user.email=a@example.com"]
        for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "flags: add"], ["update-ref", "refs/remotes/origin/main", "HEAD"]):
            run(*git, *words)
        action = {**environment, "FLAGCTL": str(programs / "flagctl"), "FLAGS": "flags", "BASE": "main"}
        action.pop("GITHUB_ACTIONS", None)
        done = run(ROOT / "deploy/action/check", cwd=checkout, env=action)
        expect("no change affects an evaluation" in done.stdout, "the action lints and compares")
        action.update(FLAGCTL="", VERSION=VERSION, RUNNER_TEMP=folder)
        run(ROOT / "deploy/action/check", cwd=checkout, env=action)
        expect(pathlib.Path(folder, "fanion").is_dir(), "the action installs a release")
        hook = {**environment, "XDG_CACHE_HOME": f"{folder}/cache"}
        for claim in ("installs a release", "uses the installed one"):
            run(ROOT / "deploy/pre-commit", "lint", "flags", cwd=checkout, env=hook)
            hook["FANION_RELEASES"] = "file:///nonexistent"
            expect(True, f"the hook of pre-commit {claim}")
        (checkout / "flags/wrong.yaml").write_text("flags: {f: {state: ENABLED, variants: {a: 1}, defaultVariant: b}}\n")
        done = run(ROOT / "deploy/action/check", cwd=checkout, env=action, check=False)
        expect(done.returncode != 0 and "F007" in done.stdout, "the action fails on a mistake")
        (releases / "SHA256SUMS").write_text(f"{'0' * 64}  {archive.name}\n")
        done = run(ROOT / "deploy/install", VERSION, f"{folder}/other", env=environment, check=False)
        expect(done.returncode != 0, "an archive with another checksum is refused")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", type=pathlib.Path, required=True)
    parser.add_argument("--no-cluster", action="store_true")
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--release", type=pathlib.Path)
    options = parser.parse_args()
    check_one_place()
    rendered = render_chart(options.tools / "helm")
    check_mistakes(options.tools / "helm")
    rendered.update(render_kustomizations())
    if not options.no_cluster:
        dry_run(options.tools, rendered, options.program)
    if options.release:
        check_release(options.release)


main()
