"""Deployment: runtimes, quantised functions, translation and converted models.

- `operators`: an operator of a runtime, its attributes, and the record that it should compute.
- `onnx_operators`, `openvino_operators`, `litert_operators`, `iree_operators`: the operators,
  and models of one operator.
- `packages`: the optional packages, and how to install them.
- `runtimes`: the adapter, the operators and the packages of each runtime.
- `export`: the exporters of frameworks, from a function of Keras, PyTorch or JAX to a model.
- `runtime_target`: a function in a runtime as a target of the audit.
- `targets`: targets of the audit, such as "onnx:Gelu" and "torch>onnx:gelu".
- `quantisation`: int8 functions of runtimes, and exact tables.
- `porting`: a trained model in other runtimes.
- `translation`: the same activation as a call in other frameworks.

The adapters that execute models are in `actbench.frameworks.libraries`.
"""
