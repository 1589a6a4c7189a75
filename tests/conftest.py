import os

from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# What TensorFlow logs on import says nothing about a test.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

FULL = os.environ.get("ACTBENCH_FULL") == "1"
"""Whether the long form of the tests runs (`tox -e full`)."""
