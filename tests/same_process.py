"""A stand-in for `IsolatedProcess` that calls functions in the process of the tests."""


class SameProcess:
    """Calls functions here, because a process of its own would import TensorFlow each time."""

    def __init__(self, prepare, *, calls):  # noqa: ARG002 - as in IsolatedProcess
        self.prepare = prepare

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def start(self):
        self.prepare()

    def call(self, function, *arguments, patience, on_report):  # noqa: ARG002
        self.prepare()
        return function(*arguments, on_report)

    def end(self):
        pass
