"""`actbench translate`: the same activation in another framework."""

import json

import click

from actbench.activations.foreign.signatures import VECTOR_NAMES
from actbench.cli.requests import Choice, Command
from actbench.deployment.translation import FRAMEWORKS, Answer, Translation, measured
from actbench.deployment.translation import translate as translate_call


@click.command(cls=Command)
@click.argument("call", metavar="CALL")
@click.option(
    "--to",
    "frameworks",
    type=Choice(FRAMEWORKS, {"tensorflow": "tf", "pytorch": "torch"}),
    multiple=True,
    metavar="FRAMEWORK",
    help=f"Framework: {', '.join(FRAMEWORKS)}. It may be repeated; all by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answers as JSON.")
@click.option(
    "--no-run",
    is_flag=True,
    help="Do not run the calls. Without this option, the command runs those of installed "
    "frameworks and states differences of values and of derivatives at kinks.",
)
def translate(*, call: str, frameworks: tuple[str, ...], as_json: bool, no_run: bool) -> None:
    """Translate the call of an activation into other frameworks.

    CALL is a call or a name, such as "nn.Softplus(beta=2)", "F.leaky_relu", "jax.nn.gelu",
    "onnx:HardSigmoid", "hf:gelu_new" or "timm:hard_mish". Expressions contain the tensor x;
    op is an opset of onnxscript.
    """
    answers = translate_call(call, frameworks or FRAMEWORKS)
    if not no_run:
        answers = measured(answers)
    if as_json:
        documents = [_document(answer) for answer in answers]
        print(json.dumps(documents, indent=1, ensure_ascii=False))
        return
    if len(answers) > 1:
        print(f"{call} has {len(answers)} meanings")
    for answer in answers:
        print("\n".join(_lines(answer)))


def _lines(answer: Answer) -> list[str]:
    function = answer.function
    if function.name in VECTOR_NAMES:
        what = f"{function.name}, a function of vectors"
    else:
        what = f"{function.shown}: f(x) = {function.record.formula}"
    calls = ", ".join(source.call for source in answer.sources)
    notes = dict.fromkeys(note for source in answer.sources for note in source.notes)
    width = max(len(found.code or "none") for found in answer.translations)
    lines = [f"{calls}", f"  {what}", *(f"  {note}" for note in notes)]
    for found in answer.translations:
        kind = (
            "" if found.code is None else "the same function" if found.exact else "expression"
        )
        lines.append(f"  {found.framework:<6} {found.code or 'none':<{width}}  {kind}".rstrip())
        lines += [f"         {difference}" for difference in found.differences]
    return lines


def _document(answer: Answer) -> dict[str, object]:
    return {
        "calls": [source.call for source in answer.sources],
        "function": answer.function.name,
        "parameters": dict(answer.function.parameters),
        "notes": list(dict.fromkeys(n for source in answer.sources for n in source.notes)),
        "translations": [_translation(found) for found in answer.translations],
    }


def _translation(found: Translation) -> dict[str, object]:
    return {
        "framework": found.framework,
        "code": found.code,
        "exact": found.exact,
        "differences": list(found.differences),
    }
