"""The numbers that the source prints for its single runs.

The source is a university deep-learning exercise on activation functions, in Persian; these
numbers are from its section C. It uses one PReLU object in two places, which is the condition
`prelu-shared` here; it has no run with two objects. Losses are printed to two decimals,
accuracies to 0.01 percentage points.
"""

TEST_ACCURACY = {
    "alpha=-1": 0.9796,
    "alpha=-0.5": 0.9794,
    "alpha=0": 0.9822,
    "alpha=0.5": 0.9729,
    "alpha=1": 0.1169,
    "prelu-shared": 0.9839,
}

TEST_LOSS = {
    "alpha=-1": 0.07,
    "alpha=-0.5": 0.06,
    "alpha=0": 0.06,
    "alpha=0.5": 0.08,
    "alpha=1": 2.30,
    "prelu-shared": 0.05,
}

TRAINING_ACCURACY = {
    "alpha=-1": [0.9316, 0.9769, 0.9814, 0.9831, 0.9847],
    "alpha=-0.5": [0.9291, 0.9758, 0.9805, 0.9835, 0.9850],
    "alpha=0": [0.9281, 0.9742, 0.9794, 0.9823, 0.9838],
    "alpha=0.5": [0.8875, 0.9633, 0.9699, 0.9741, 0.9756],
    "alpha=1": [0.1479, 0.1324, 0.1194, 0.1129, 0.1179],
    "prelu-shared": [0.9259, 0.9751, 0.9806, 0.9827, 0.9842],
}

PRELU_SLOPES = [-0.10, -0.24, -0.36, -0.15, -0.24, -0.03, -0.24, 0.39]

ROUNDING = {"test_accuracy": 0.00005, "test_loss": 0.005, "slopes": 0.005}
"""Half a unit of the last printed decimal."""
