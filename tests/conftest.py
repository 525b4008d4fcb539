"""What all tests share: how long hypothesis may search.

The suite runs on small, busy machines, so no example has a deadline (it would fail by chance) and
the search is short; `HYPOTHESIS_PROFILE=long` searches for real.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "short", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))
