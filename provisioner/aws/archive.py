"""The feedback bucket in S3. Every write is conditional: two writers never overwrite each other."""

from collections.abc import Iterator
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call
from provisioner.ports import Conflict, Stored

_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
_LOST = frozenset({"PreconditionFailed", "412"})
_BUSY = frozenset({"ConditionalRequestConflict", "409", "OperationAborted"})
_TRIES = 4
_TYPES = {
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".gz": "application/gzip",
}


class S3Archive:
    """An Archive in one bucket."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    @property
    def _s3(self) -> Any:
        return self._clients["s3"]

    def put_new(self, key: str, body: bytes) -> bool:
        """Store once. A reply that got lost makes S3 refuse the retry: the object is then compared with ours."""
        for attempt in range(_TRIES):
            try:
                self._put(key, body, {"IfNoneMatch": "*"})
            except AwsError as err:
                if err.code in _BUSY and attempt < _TRIES - 1:
                    continue  # somebody else is writing this very key now
                if err.code not in _LOST:
                    raise
                present = self.get(key)
                if present is None:
                    continue  # deleted meanwhile
                if present.body == body:
                    return False
                raise Conflict(key) from err
            else:
                return True
        raise Conflict(key)

    def put_if(self, key: str, body: bytes, etag: str | None) -> str:
        """Store if nobody else did; our own write whose reply got lost counts as success."""
        try:
            return self._put(key, body, {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag})
        except AwsError as err:
            if err.code not in _LOST | _BUSY | _ABSENT or err.code == "NoSuchBucket":
                raise
            present = self.get(key)
            if present is not None and present.body == body and present.etag != etag:
                return present.etag
            raise Conflict(key) from err

    def _put(self, key: str, body: bytes, condition: dict[str, str]) -> str:
        kind = next((value for ending, value in _TYPES.items() if key.endswith(ending)), "application/octet-stream")
        answer = call(self._s3.put_object, Bucket=self._bucket, Key=key, Body=body, ContentType=kind, **condition)
        return str(answer["ETag"])

    def get(self, key: str) -> Stored | None:
        """The object, or None where there is none."""
        try:
            answer = call(self._s3.get_object, Bucket=self._bucket, Key=key)
        except AwsError as err:
            if err.code in _ABSENT:
                return None
            raise
        return Stored(call(answer["Body"].read), str(answer["ETag"]))

    def delete(self, key: str) -> None:
        """Delete; done already is fine. The bucket keeps the version for a while."""
        call(self._s3.delete_object, Bucket=self._bucket, Key=key)

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        """Keys in order, page by page: a caller that stops early pays for no further page."""
        for item in self._listed(prefix, after):
            yield str(item["Key"])

    def tags(self, prefix: str, after: str = "") -> Iterator[tuple[str, str]]:
        """Keys and tags in order: S3's listing names an object's tag as reading it does."""
        for item in self._listed(prefix, after):
            yield str(item["Key"]), str(item["ETag"])

    def _listed(self, prefix: str, after: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {"StartAfter": after} if after else {}
        while True:
            page = call(self._s3.list_objects_v2, Bucket=self._bucket, Prefix=prefix, **token)
            yield from page.get("Contents", ())
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}
