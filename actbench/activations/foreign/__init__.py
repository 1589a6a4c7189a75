"""Names of activations in other frameworks, and the activations that they mean.

- `prefixes`: spellings of frameworks, such as tf and tensorflow.
- `signatures`: the form of a row of the table, and the functions that calls compute.
- `table`: the rows: callables of frameworks, their parameters and their meanings.
- `calls`: a call is read, found in the table, and its arguments are bound.
- `meanings`: the function of bound arguments, and the arguments of a function.
- `names`: the activation that a name means; `actbench.get` uses it for unknown names.
"""
