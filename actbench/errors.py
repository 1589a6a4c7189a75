"""The one error a user can cause."""


class RequestError(ValueError):
    """The request was wrong.

    Its message is one line: the thing, where it is, and what would be right. The command
    prints that line and exits with status 2.
    """
