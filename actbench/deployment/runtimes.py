"""The runtimes: the adapter, the operators and the packages of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actbench.deployment import (
    iree_operators,
    litert_operators,
    onnx_operators,
    openvino_operators,
)
from actbench.deployment.operators import Attributes, Operator
from actbench.frameworks.libraries.iree_library import Iree
from actbench.frameworks.libraries.litert_library import LiteRt
from actbench.frameworks.libraries.onnxruntime_library import OnnxRuntime
from actbench.frameworks.libraries.openvino_library import OpenVino
from actbench.frameworks.libraries.runtime import Runtime


@dataclass(frozen=True, kw_only=True)
class RuntimeKind:
    """A runtime, and how a model of one operator is made for it.

    Args:
        prefix: prefix of its targets, such as "onnx".
        adapter: the class of its adapter.
        needs: the packages that models and their execution need, as they are imported.
        operators: its operators.
        model: name of an operator, attributes and dtype ↦ the model.
        program: the same ↦ lines of Python that make `model`.
        stored: attributes ↦ the attributes as a model has them.
    """

    prefix: str
    adapter: type[Runtime[Any]]
    needs: tuple[str, ...]
    operators: Sequence[Operator]
    model: Callable[[str, Attributes, str], Any]
    program: Callable[[str, Attributes, str], str]
    stored: Callable[[Attributes], dict[str, object]] = dict

    @property
    def package(self) -> str:
        """The name of the runtime's package, as pip has it."""
        return self.adapter.name


RUNTIMES: Mapping[str, RuntimeKind] = {
    kind.prefix: kind
    for kind in (
        RuntimeKind(
            prefix="onnx",
            adapter=OnnxRuntime,
            needs=("onnx", "onnxruntime"),
            operators=onnx_operators.OPERATORS,
            model=onnx_operators.model,
            program=onnx_operators.program,
            stored=onnx_operators.stored,
        ),
        RuntimeKind(
            prefix="openvino",
            adapter=OpenVino,
            needs=("openvino",),
            operators=openvino_operators.OPERATORS,
            model=openvino_operators.model,
            program=openvino_operators.program,
        ),
        RuntimeKind(
            prefix="litert",
            adapter=LiteRt,
            needs=("ai_edge_litert",),
            operators=litert_operators.OPERATORS,
            model=litert_operators.model,
            program=litert_operators.program,
        ),
        RuntimeKind(
            prefix="iree",
            adapter=Iree,
            needs=("iree",),
            operators=iree_operators.OPERATORS,
            model=iree_operators.model,
            program=iree_operators.program,
        ),
    )
}
"""Prefix ↦ runtime."""
