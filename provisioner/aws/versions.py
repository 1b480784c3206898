"""What a versioned bucket still holds of objects that were written over or deleted."""

from collections.abc import Iterator
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call

_GONE = frozenset({"NoSuchVersion", "NoSuchKey", "404", "NotFound"})


class S3Versions:
    """Old versions of one bucket's objects."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    @property
    def _s3(self) -> Any:
        return self._clients["s3"]

    def old(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Key and id of every version but the current ones, page by page. Delete markers hold nothing."""
        marks: dict[str, str] = {}
        while True:
            page = call(self._s3.list_object_versions, Bucket=self._bucket, Prefix=prefix, **marks)
            for item in page.get("Versions", ()):
                if not item["IsLatest"]:
                    yield str(item["Key"]), str(item["VersionId"])
            if not page.get("IsTruncated"):
                return
            marks = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page.get("NextVersionIdMarker", "")}

    def read(self, key: str, version: str) -> bytes | None:
        """Its bytes; None where it is gone."""
        try:
            answer = call(self._s3.get_object, Bucket=self._bucket, Key=key, VersionId=version)
        except AwsError as err:
            if err.code in _GONE:
                return None
            raise
        return bytes(call(answer["Body"].read))

    def remove(self, key: str, version: str) -> None:
        """For good; S3 answers the same for one that is gone already."""
        call(self._s3.delete_object, Bucket=self._bucket, Key=key, VersionId=version)
