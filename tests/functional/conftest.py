"""For all tests on the embedded AWS."""

import functools

from botocore.loaders import JSONFileLoader
from moto.core import responses

_load = JSONFileLoader.load_file


@functools.cache
def _once(path):
    return _load(JSONFileLoader(), path)


def _load_file(self, path):
    # Every boto3 session reads the descriptions of AWS's services anew (its endpoints alone take 80 ms). Nobody
    # changes what was read but the clients of S3, which take the bucket out of the paths; the server needs it there.
    return _load(self, path) if "/s3/" in path else _once(path)


JSONFileLoader.load_file = _load_file
# moto spells an operation's name anew, and lists the methods of a service, for each request: a twentieth of its time.
responses.camelcase_to_underscores = functools.cache(responses.camelcase_to_underscores)
responses.method_names_from_class = functools.cache(responses.method_names_from_class)
