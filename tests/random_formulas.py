"""Random formulas of the whole formula language, from a seed."""

from dataclasses import dataclass

import numpy as np

from actbench.formula.tree import FUNCTIONS

NUMBERS = (
    "0", "1", "2", "3", "7", "0.5", "0.1", "1.5", "100", "pi", "1e-5", "1e5", "1e-300", "1e300",
    "5e-324", "1.7976931348623157e308", "0.3333333333333333", "12345678901234567890",
)  # fmt: skip
EXACT_NUMBERS = ("0", "1", "2", "3", "7", "0.5", "1.5", "100", "1e5")
"""Numbers that floats represent exactly."""
POWERS = ("2", "3", "0.5", "-1", "-2", "10", "100", "-100", "1/3", "0", "1", "2.5")
PARAMETERS = (0.0, 1.0, -1.0, 0.1, 2.0, -3.5, 1e-8, 1e8, 1e200, -1e-200, 5e-324)


@dataclass
class RandomFormula:
    """A generator of texts; `parameters` are those that the last text contains."""

    rng: np.random.Generator
    numbers: tuple[str, ...] = NUMBERS
    parameter_values: tuple[float, ...] = PARAMETERS

    def __post_init__(self):
        self.parameters: dict[str, float] = {}

    def text(self):
        self.parameters = {}
        depth = int(self.rng.choice([1, 2, 3, 4, 5, 8], p=[0.1, 0.2, 0.3, 0.2, 0.15, 0.05]))
        return self._expression(depth)

    def _choose(self, options):
        return str(self.rng.choice(options))

    def _leaf(self):
        kind = self.rng.random()
        if kind < 0.65:
            return "x"
        if kind < 0.85:
            return self._choose(self.numbers)
        name = self._choose(["a", "beta"])
        self.parameters.setdefault(name, float(self.rng.choice(self.parameter_values)))
        return name

    def _expression(self, depth):
        if depth == 0 or self.rng.random() < 0.05:
            return self._leaf()
        kind = self.rng.random()
        if kind < 0.4:
            operator = self._choose([" + ", " - ", "*", " / "])
            return f"({self._expression(depth - 1)}{operator}{self._expression(depth - 1)})"
        if kind < 0.5:
            return f"({self._expression(depth - 1)})**{self._exponent(depth)}"
        if kind < 0.85:
            function = self._choose(list(FUNCTIONS))
            arguments = [self._expression(depth - 1) for _ in range(FUNCTIONS[function])]
            return f"{function}({', '.join(arguments)})"
        if kind < 0.9:
            return f"(-{self._expression(depth - 1)})"
        parts = [self._expression(depth - 1) for _ in range(3)]
        comparison = self._choose(["<", "<=", ">", ">=", "=="])
        right = self._leaf() if self.rng.random() < 0.7 else self._expression(depth - 1)
        return f"({parts[0]} if {parts[1]} {comparison} {right} else {parts[2]})"

    def _exponent(self, depth):
        if self.rng.random() < 0.8:
            return f"({self._choose(POWERS)})"
        return f"({self._expression(depth - 1)})"
