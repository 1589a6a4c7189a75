"""`python -m analysis.methods`: simulate the statistics and write the tables of the report."""

from actbench.files import complete_file
from analysis.methods.section import path_of
from analysis.methods.simulation import simulate


def main() -> None:
    """Write the tables; it takes minutes."""
    for name, table in simulate().items():
        path = path_of(name)
        with complete_file(path) as file:
            file.write(table.to_csv(index=False, float_format="%.4f").encode())
        print(path)


if __name__ == "__main__":
    main()
