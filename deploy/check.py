"""Checks compose.yaml, nginx.conf and kubernetes/ against schemas, and against Souk itself.

    python3 -m venv /tmp/deploy-check && /tmp/deploy-check/bin/pip install -r deploy/requirements.txt
    /tmp/deploy-check/bin/python deploy/check.py [--ray-crd FILE] [--prove]

`--ray-crd` is KubeRay's definition of a RayCluster (README.md says where it is). `--prove` breaks each kind of file in memory
and fails where that is not noticed. What cannot be checked here is told as NOT CHECKED and does not fail.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# The oldest that the manifests are meant for.
KUBERNETES = "1.31"
# Made by hand (README.md): no file here defines them.
SECRETS = {"souk": {"database-password", "database-url", "vllm-key"}, "souk-ray": {"auth_token"}, "souk-tls": set()}
# The operator makes it.
SERVICES_OF_OPERATORS = {"raycluster-head-svc"}

Json = dict[str, Any]
Faults = list[str]


def documents() -> list[tuple[str, Json]]:
    """All objects of the manifests, by file."""
    files = sorted(path for path in (HERE / "kubernetes").glob("*.yaml") if path.name != "kustomization.yaml")
    return [(path.name, doc) for path in files for doc in yaml.safe_load_all(path.read_text()) if doc]


def walk(value: Any) -> Iterator[Json]:
    """Every mapping in a document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def name_of(doc: Json) -> str:
    return f"{doc.get('kind')} {doc.get('metadata', {}).get('name')}"


def pods(doc: Json) -> list[tuple[Json, Json]]:
    """Metadata and specification of each pod that an object makes."""
    found = [one for one in walk(doc) if isinstance(one.get("template"), dict) and "spec" in one["template"]]
    return [(one["template"].get("metadata", {}), one["template"]["spec"]) for one in found]


def compose_schema(compose: Json) -> Faults:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        # Merged anchors and all: what Docker reads.
        json.dump(compose, file)
        file.flush()
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr).strip()]


def compose_names(compose: Json) -> Faults:
    services, faults = compose["services"], []
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            if other not in services:
                faults.append(f"{name} waits for {other}, which is no service")
        for volume in service.get("volumes", []):
            source = str(volume).split(":")[0]
            is_path = source.startswith((".", "/", "$"))
            if source.startswith("./") and not (HERE / source).exists():
                faults.append(f"{name} mounts {source}, which is not there")
            if not is_path and source not in compose["volumes"]:
                faults.append(f"{name} mounts the volume {source}, which is not declared")
    return faults


def kubernetes_schema(docs: list[tuple[str, Json]]) -> Faults:
    faults = []
    for file, doc in docs:
        if doc.get("apiVersion", "").startswith("ray.io/"):
            continue
        try:
            kubernetes_validate.validate(doc, KUBERNETES, strict=True)
        except kubernetes_validate.SchemaNotFoundError as error:
            faults.append(f"{file}: {name_of(doc)}: no schema: {error}")
        except kubernetes_validate.ValidationError as error:
            where = "/".join(str(part) for part in error.path)
            faults.append(f"{file}: {name_of(doc)}: {where}: {error.message}")
    return faults


def closed(schema: Any) -> Any:
    """A structural schema that refuses unknown fields, as the API server does with strict validation."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {key: closed(value) for key, value in schema.items()}
    is_object = isinstance(shut.get("properties"), dict) and shut.get("type") == "object"
    if is_object and not shut.get("x-kubernetes-preserve-unknown-fields"):
        shut.setdefault("additionalProperties", False)
    return shut


def ray_schema(docs: list[tuple[str, Json]], crd: Path | None) -> Faults | None:
    clusters = [(file, doc) for file, doc in docs if doc.get("kind") == "RayCluster"]
    if crd is None:
        return None
    definition = yaml.safe_load(crd.read_text())
    faults = []
    for file, doc in clusters:
        version = doc["apiVersion"].split("/")[1]
        schemas = [v["schema"]["openAPIV3Schema"] for v in definition["spec"]["versions"] if v["name"] == version]
        if definition["spec"]["names"]["kind"] != "RayCluster" or not schemas:
            return [f"{crd} does not define {doc['apiVersion']} RayCluster"]
        for error in jsonschema.Draft202012Validator(closed(schemas[0])).iter_errors(doc):
            where = "/".join(str(part) for part in error.absolute_path)
            faults.append(f"{file}: {where}: {error.message}")
    # A pod of the cluster is a pod.
    for file, doc in clusters:
        for metadata, spec in pods(doc):
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
            faults += [f"{file}: {fault}" for fault in kubernetes_schema([(file, pod)])]
    return faults


def known_settings() -> set[str]:
    """Souk refuses settings that it does not know, so names are held against its source."""
    text = (ROOT / "server/src/config.rs").read_text()
    return set(re.findall(r'"(SOUK_[A-Z_0-9]+)"', text))


def settings(compose: Json, docs: list[tuple[str, Json]], kustomization: Json) -> Faults:
    named: dict[str, str] = {}
    for name, service in compose["services"].items():
        named |= {variable: f"compose.yaml: {name}" for variable in service.get("environment", {})}
    for file, doc in docs:
        for one in walk(doc):
            if {"name", "value"} <= one.keys() or {"name", "valueFrom"} <= one.keys():
                named[str(one["name"])] = file
    for generator in kustomization.get("configMapGenerator", []):
        named |= {literal.split("=")[0]: "kustomization.yaml" for literal in generator.get("literals", [])}
    known = known_settings()
    return [f"{where}: {name} is not a setting of Souk" for name, where in named.items() if name.startswith("SOUK_") and name not in known]


def references(docs: list[tuple[str, Json]], kustomization: Json) -> Faults:
    """Names that one object uses and another one has."""
    def named(kind: str) -> set[str]:
        return {doc["metadata"]["name"] for _, doc in docs if doc["kind"] == kind}

    maps = {generator["name"] for generator in kustomization.get("configMapGenerator", [])}
    claims = named("PersistentVolumeClaim")
    services = named("Service") | SERVICES_OF_OPERATORS
    labels = [metadata.get("labels", {}) for _, doc in docs for metadata, _ in pods(doc)]
    # The operator's own label.
    labels.append({"ray.io/cluster": "raycluster"})
    faults = []
    for file, doc in docs:
        for one in walk(doc):
            if (claim := one.get("claimName")) and claim not in claims:
                faults.append(f"{file}: there is no claim {claim}")
            for reference, known in (("configMapRef", maps), ("configMap", maps)):
                if isinstance(one.get(reference), dict) and one[reference]["name"] not in known:
                    faults.append(f"{file}: there is no ConfigMap {one[reference]['name']}")
            secret = one.get("secretKeyRef")
            if secret and secret["key"] not in SECRETS.get(secret["name"], set()):
                faults.append(f"{file}: README.md makes no Secret {secret['name']} with {secret['key']}")
            if (name := one.get("secretName")) and name not in SECRETS:
                faults.append(f"{file}: README.md makes no Secret {name}")
        if doc["kind"] == "Ingress":
            for one in walk(doc):
                if isinstance(one.get("service"), dict) and one["service"]["name"] not in services:
                    faults.append(f"{file}: there is no Service {one['service']['name']}")
        if doc["kind"] in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
            spec = doc["spec"]
            wanted = spec.get("podSelector", spec.get("selector", {}))
            wanted = wanted.get("matchLabels", wanted)
            if not any(wanted.items() <= have.items() for have in labels):
                faults.append(f"{file}: {name_of(doc)} selects no pod: {wanted}")
        for metadata, spec in pods(doc):
            # A Service named souk would put SOUK_PORT into the environment, and Souk would not start.
            if spec.get("enableServiceLinks") is not False:
                faults.append(f"{file}: {name_of(doc)}: enableServiceLinks is to be false")
            mounts = {m["name"] for c in spec["containers"] + spec.get("initContainers", []) for m in c.get("volumeMounts", [])}
            volumes = {v["name"] for v in spec.get("volumes", [])}
            volumes |= {t["metadata"]["name"] for t in doc["spec"].get("volumeClaimTemplates", [])}
            for lost in sorted(mounts - volumes):
                faults.append(f"{file}: {name_of(doc)}: nothing gives the mount {lost}")
            if doc["kind"] in ("Deployment", "StatefulSet"):
                wanted = doc["spec"]["selector"]["matchLabels"]
                if not wanted.items() <= metadata.get("labels", {}).items():
                    faults.append(f"{file}: {name_of(doc)} does not select its own pods")
    files = {path.name for path in (HERE / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
    if files != set(kustomization["resources"]):
        faults.append(f"kustomization.yaml names other files than there are: {sorted(files ^ set(kustomization['resources']))}")
    return faults


def models() -> Faults:
    text = (HERE / "kubernetes/models.toml").read_text()
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [f"models.toml: {error}"]
    hosts = [re.match(r"http://([a-z0-9-]+):", remote["base_url"]) for remote in table["remotes"]]
    return [] if all(host and host[1] == "vllm" for host in hosts) else ["models.toml: a remote is not the Service vllm"]


def nginx(text: str) -> Faults | None:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        conf = Path(folder) / "nginx.conf"
        conf.write_text(text)
        done = subprocess.run([program, "-t", "-q", "-p", folder, "-c", str(conf)], capture_output=True, text=True, check=False)
    # Without root nginx cannot become another user, which is not the file's fault.
    told = [line for line in done.stderr.splitlines() if "[warn]" not in line]
    return [] if done.returncode == 0 else told


def kustomize() -> Faults | None:
    if shutil.which("kubectl") is None:
        return None
    done = subprocess.run(["kubectl", "kustomize", str(HERE / "kubernetes")], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return [done.stderr.strip()]
    docs = [("kubectl kustomize", doc) for doc in yaml.safe_load_all(done.stdout)]
    faults = kubernetes_schema(docs)
    for _, doc in docs:
        for one in walk(doc):
            if str(one.get("image", "")) in ("souk:latest", "souk-ray-trl:latest"):
                faults.append(f"{name_of(doc)}: the image {one['image']} was not given its registry's name")
        if doc["kind"] not in ("Namespace",) and doc["metadata"].get("namespace") != "souk":
            faults.append(f"{name_of(doc)} is in no namespace")
    return faults


class Files:
    """What is checked, read once, so that `--prove` can break it."""

    def __init__(self) -> None:
        self.compose: Json = yaml.safe_load((HERE / "compose.yaml").read_text())
        self.docs = documents()
        self.kustomization: Json = yaml.safe_load((HERE / "kubernetes/kustomization.yaml").read_text())
        self.nginx = (HERE / "nginx.conf").read_text()

    def checks(self, crd: Path | None) -> dict[str, Callable[[], Faults | None]]:
        return {
            "compose.yaml against the Compose specification": lambda: compose_schema(self.compose),
            "compose.yaml: names": lambda: compose_names(self.compose),
            f"kubernetes/ against Kubernetes {KUBERNETES}, strict": lambda: kubernetes_schema(self.docs),
            "kubernetes/ray.yaml against KubeRay's definition": lambda: ray_schema(self.docs, crd),
            "settings against server/src/config.rs": lambda: settings(self.compose, self.docs, self.kustomization),
            "kubernetes/: names that one object uses and another has": lambda: references(self.docs, self.kustomization),
            "kubernetes/models.toml": models,
            "nginx.conf by nginx -t": lambda: nginx(self.nginx),
        }

    def document(self, kind: str, name: str) -> Json:
        return next(doc for _, doc in self.docs if (doc["kind"], doc["metadata"]["name"]) == (kind, name))


def broken() -> dict[str, tuple[str, Callable[[Files], Any]]]:
    """Ways to break a file: the check that has to notice, and what is done."""
    def pod(files: Files) -> Json:
        return files.document("Deployment", "souk")["spec"]["template"]["spec"]

    def group(files: Files) -> Json:
        return files.document("RayCluster", "raycluster")["spec"]["workerGroupSpecs"][0]

    compose, schema, ray = "compose.yaml against", "kubernetes/ against", "kubernetes/ray.yaml"
    names = "kubernetes/: names"
    return {
        "a misspelt key of a service": (compose, lambda f: f.compose["services"]["proxy"].update(imag="nginx")),
        "ports that are no list": (compose, lambda f: f.compose["services"]["proxy"].update(ports="8080")),
        "a service that is not there": ("compose.yaml: names", lambda f: f.compose["services"]["proxy"]["depends_on"].update(souk=None)),
        "a probe with a word for a number": (schema, lambda f: pod(f)["containers"][0]["readinessProbe"].update(periodSeconds="often")),
        "an unknown field of a pod": (schema, lambda f: pod(f).update(enableServiceLink=False)),
        "a Deployment without a selector": (schema, lambda f: f.document("Deployment", "vllm")["spec"].pop("selector")),
        "an unknown field of a RayCluster": (ray, lambda f: group(f).update(replica=1)),
        "a RayCluster's replicas in words": (ray, lambda f: group(f).update(replicas="one")),
        "a mode of authentication that is none": (ray, lambda f: f.document("RayCluster", "raycluster")["spec"]["authOptions"].update(mode="password")),
        "a misspelt setting": ("settings", lambda f: f.compose["services"]["worker"]["environment"].update(SOUK_WORKERS="none")),
        "service links": (names, lambda f: pod(f).pop("enableServiceLinks")),
        "a Secret that nobody makes": (names, lambda f: pod(f)["containers"][0]["env"][0]["valueFrom"]["secretKeyRef"].update(key="url")),
        "a claim that is not there": (names, lambda f: pod(f)["volumes"][0]["persistentVolumeClaim"].update(claimName="data")),
        "a Service that selects nothing": (names, lambda f: f.document("Service", "vllm")["spec"].update(selector={"app": "vllm"})),
        "a directive that nginx does not know": ("nginx.conf", lambda f: setattr(f, "nginx", f.nginx.replace("tcp_nodelay", "tcp_delay"))),
    }


def prove(crd: Path | None) -> Faults:
    faults = []
    for name, (noticed_by, breaks) in broken().items():
        files = copy.deepcopy(Files())
        breaks(files)
        check = next(run for title, run in files.checks(crd).items() if title.startswith(noticed_by))
        found = check()
        if found is None:
            print(f"NOT CHECKED  {name}")
        elif found:
            print(f"noticed      {name}: {found[0].splitlines()[-1][:110]}")
        else:
            faults.append(f"{name}: nobody noticed")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ray-crd", type=Path, help="KubeRay's ray.io_rayclusters.yaml")
    parser.add_argument("--prove", action="store_true", help="break each file in memory, and see whether that is noticed")
    arguments = parser.parse_args()
    checks = Files().checks(arguments.ray_crd) | {"kubernetes/ by kubectl kustomize": kustomize}
    if arguments.prove:
        checks["broken files are noticed"] = lambda: prove(arguments.ray_crd)
    failed = 0
    for title, check in checks.items():
        faults = check()
        print(f"{'NOT CHECKED ' if faults is None else 'FAILED      ' if faults else 'ok          '} {title}")
        for fault in faults or []:
            print(f"    {fault}")
        failed += bool(faults)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
