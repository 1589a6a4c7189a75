"""What all benchmarks share: inputs that are not all positive, and how they are timed."""

from typing import Any

import numpy as np
import pytest

# From the first level of cache to main memory, in elements of float32.
SIZES = (1_024, 65_536, 4_194_304)


@pytest.fixture(params=SIZES, ids=lambda size: f"{size:,}")
def inputs(request: Any) -> Any:
    """Normal values with standard deviation 3: negative, mixed and saturated."""
    rng = np.random.default_rng(0)
    return np.float32(3) * rng.standard_normal(request.param, dtype=np.float32)


@pytest.fixture
def throughput(benchmark: Any, inputs: Any) -> Any:
    """Time a function of an array; elements per second go into the saved file."""

    def time(function: Any, x: Any) -> Any:
        benchmark.extra_info["elements"] = inputs.size
        result = benchmark(function, x)
        if benchmark.stats is not None:
            median = benchmark.stats.stats.median
            benchmark.extra_info["elements_per_second"] = inputs.size / median
        return result

    return time
