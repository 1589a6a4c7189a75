"""`python -m actbench` runs the command `actbench`."""

from actbench.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
