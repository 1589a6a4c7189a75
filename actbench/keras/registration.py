"""Tell Keras about our records as soon as both are imported, without importing Keras.

Keras loads a saved model only if the classes it names are registered, and knows an
activation by its name only if it is in a table of its own; it offers no entry point for
either. So that `import actbench` is enough, this module waits for the import of Keras.
(wrapt has post-import hooks too, but takes half of our import time.)
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from actbench.activations.catalogue import RECORDS, get
from actbench.activations.formula_activation import FormulaActivation
from actbench.activations.user_functions import CallableActivation
from actbench.activations.vector import VECTOR_RECORDS

_OF_FRAMEWORKS = {
    "PReLU": "keras.layers",
    "Trainable": "keras.layers",
    "Within": "keras.layers",
    "Evaluation": "frameworks.tensorflow",
}
"""Classes in saved models ↦ their module."""


def install() -> None:
    """Register the records with Keras: now if it is imported, else once it is."""
    keras = sys.modules.get("keras")
    if keras is not None:
        register(keras)
    else:
        sys.meta_path.insert(0, _KerasFinder())


def register(keras: ModuleType) -> None:
    """Register every record with Keras, and the names of all, such as "actbench>mish"."""
    for record in (*RECORDS, *VECTOR_RECORDS, FormulaActivation, CallableActivation):
        keras.saving.register_keras_serializable(package="actbench")(record)
    # Those whose modules import TensorFlow register themselves when they are imported.
    for name, place in _OF_FRAMEWORKS.items():
        keras.saving.get_custom_objects().setdefault(
            f"actbench>{name}", _stand_in(name, f"actbench.{place}")
        )
    # Keras looks names up here alone; a Keras without it knows our objects but not our names.
    module = sys.modules[keras.activations.get.__module__]
    known = getattr(module, "ALL_OBJECTS_DICT", {})
    for record in RECORDS:
        for name in (record.name, *record.aliases):
            known[f"actbench>{name}"] = get(name)


def _stand_in(name: str, module: str) -> type:
    """Return a class that Keras makes objects from as from the one it stands for."""

    def from_config(config: dict[str, Any]) -> Any:
        return getattr(import_module(module), name).from_config(config)

    return type(name, (), {"from_config": staticmethod(from_config)})


class _KerasFinder(MetaPathFinder):
    """Finds Keras as it is found without this class, and adds a step to its loader."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != "keras":
            return None
        # Who asks may only want to know whether Keras is there, so it goes on waiting.
        sys.meta_path.remove(self)
        try:
            spec = find_spec(fullname)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            spec.loader = _RegisteringLoader(spec.loader, self)
        return spec


class _RegisteringLoader(Loader):
    """The loader of Keras, followed by `register`."""

    def __init__(self, loader: Loader, finder: _KerasFinder) -> None:
        self.loader = loader
        self.finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None:
            spec.loader = module.__loader__ = self.loader
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)
        self.loader.exec_module(module)
        register(module)
