"""For all tests on the embedded AWS."""

import functools

from botocore.loaders import JSONFileLoader

_load = JSONFileLoader.load_file


@functools.cache
def _once(path):
    return _load(JSONFileLoader(), path)


# Every boto3 session reads the descriptions of AWS's services anew (its endpoints alone take 80 ms), and
# nobody changes what was read.
JSONFileLoader.load_file = lambda _, path: _once(path)
