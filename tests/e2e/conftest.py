"""Real programs against the embedded AWS; ``scripts/e2e`` installs them. The tenant is made as in tests/functional."""

import sys
from pathlib import Path

# The functional tests know how to make a platform and its tenants by API calls.
sys.path.insert(0, str(Path(__file__).parents[1] / "functional" / "conduct"))
