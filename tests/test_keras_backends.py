"""Keras models with activations of actbench on all backends of Keras with gradients."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from actbench.frameworks.libraries import installed


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_models_compute_train_and_are_saved(backend):
    if not installed(backend):
        pytest.skip(f"{backend} is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "tests.keras_models"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
        env=os.environ | {"KERAS_BACKEND": backend},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{backend} 6"
