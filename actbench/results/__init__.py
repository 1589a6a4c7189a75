"""Results of experiments as JSON documents, one for each trial."""

from actbench.results.read import Fault, read_trial, read_trials
from actbench.results.trial import (
    SCHEMA,
    Factor,
    Factors,
    Trial,
    TrialKey,
    decode_correct_images,
    encode_correct_images,
)
from actbench.results.write import (
    file_stem,
    prepare_store,
    stored_trial,
    trial_path,
    write_document,
    write_trial,
)

__all__ = [
    "SCHEMA",
    "Factor",
    "Factors",
    "Fault",
    "Trial",
    "TrialKey",
    "decode_correct_images",
    "encode_correct_images",
    "file_stem",
    "prepare_store",
    "read_trial",
    "read_trials",
    "stored_trial",
    "trial_path",
    "write_document",
    "write_trial",
]
