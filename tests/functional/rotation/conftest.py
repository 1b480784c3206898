"""A tenant's house as in tests/functional/conduct, with the ways a site and Secrets Manager use it."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "conduct"))

from conduct_house import embedded, house, shared_clients  # noqa: F401 - fixtures
