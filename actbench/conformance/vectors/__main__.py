"""Write the data files of this package again.

The command is `python -m actbench.conformance.vectors results`.
"""

import json
import sys
from pathlib import Path

from actbench.conformance.documents import read
from actbench.conformance.vectors.audited_inputs import INPUTS_FILE, derive
from actbench.conformance.vectors.document import SCHEMA_FILE, json_schema

folder = Path(__file__).parent
folder.joinpath(SCHEMA_FILE).write_text(json.dumps(json_schema(), indent=1) + "\n", "utf-8")
audits, _ = read(Path(sys.argv[1]))
rows = ",\n ".join(
    f"{json.dumps(key)}: {json.dumps(value)}" for key, value in derive(audits).items()
)
folder.joinpath(INPUTS_FILE).write_text(f"{{{rows}}}\n", "utf-8")
