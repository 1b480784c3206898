"""Finds secrets in whatever a run left behind, in every spelling that a log or a file would give them."""

import subprocess

from moto.iam.models import IAMBackend
from sweep import spellings

from provisioner.onboarding.smtp_password import derive


def watch_secrets(monkeypatch, region):
    """A set that receives the secret and the SMTP password of every access key made from now on."""
    made = set()
    original = IAMBackend.create_access_key

    def create_access_key(self, *given, **more):
        key = original(self, *given, **more)
        made.update((key.secret_access_key, derive(key.secret_access_key, region)))
        return key

    monkeypatch.setattr(IAMBackend, "create_access_key", create_access_key)
    return made


def watch_children(monkeypatch):
    """A list that receives command line and environment of every child process."""
    seen = []
    original = subprocess.Popen.__init__

    def start(self, arguments, *given, **more):
        seen.append(f"{arguments!r} {more.get('env')!r}")
        original(self, arguments, *given, **more)

    monkeypatch.setattr(subprocess.Popen, "__init__", start)
    return seen


def leaks(secrets, places):
    """(place, which secret) for every hit; ``places``: name -> text or bytes."""
    found = []
    for place, content in places.items():
        raw = content if isinstance(content, bytes) else content.encode()
        found += [
            (place, number)
            for number, secret in enumerate(sorted(secrets))
            if any(spelling.encode() in raw for _, spelling in spellings(secret))
        ]
    return found


def files(*folders):
    """Every file below, by path."""
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def objects(s3):
    """Every version of every object of every bucket."""
    found = {}
    for bucket in s3.list_buckets()["Buckets"]:
        for item in s3.list_object_versions(Bucket=bucket["Name"]).get("Versions", ()):
            which = {"Bucket": bucket["Name"], "Key": item["Key"], "VersionId": item["VersionId"]}
            found[f"s3 {item['Key']} {item['VersionId']}"] = s3.get_object(**which)["Body"].read()
    return found


def logs(client):
    """Every line of CloudWatch Logs, by group."""
    groups = [group["logGroupName"] for group in client.describe_log_groups()["logGroups"]]
    return {
        f"logs {name}": "\n".join(e["message"] for e in client.filter_log_events(logGroupName=name)["events"])
        for name in groups
    }
