"""For the tests of other projects: assertions, expected failures and paired timings.

`assert_conforms` and `assert_gradient` compare a function with its formula. With pytest, the
plug-in of this package adds the option `--actbench-baseline` and the fixture `paired`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actbench.testing.assertions import assert_conforms, assert_gradient

__all__ = ["assert_conforms", "assert_gradient"]


def __getattr__(name: str) -> object:
    # pytest imports this package in every project, so it must cost nothing until it is used.
    if name in __all__:
        return getattr(import_module("actbench.testing.assertions"), name)
    raise AttributeError(f"module 'actbench.testing' has no attribute {name!r}")
