"""The tasks: their data, their networks, and requests for them."""

import random
import re
import sys
from platform import python_version
from types import ModuleType

import numpy as np
import pytest

from actbench import RequestError
from actbench.cli import main
from actbench.data import load_mnist, mnist_1d
from actbench.data.fashion_mnist import FOLDER, load_fashion_mnist
from actbench.data.help_topics import ALPHABET, CONTEXT, SYMBOLS, examples_of, load_help_topics
from actbench.data.mnist_1d import load_mnist_1d
from actbench.data.names import NAMES, data_name, data_name_of
from actbench.experiments import get_experiment, get_profile
from actbench.experiments.running.part import configuration_of, parts_of
from actbench.experiments.tasks import TASKS, get_task
from actbench.training.settings import prepare
from tests.conftest import FULL as LONG_FORM

RANKING = get_experiment("ranking")
FULL, SMOKE = (get_profile(RANKING, name) for name in ("full", "smoke"))


def test_names_of_tasks_are_those_of_known_data():
    assert [task.name for task in TASKS] == ["mnist", "fashion-mnist", "mnist-1d", "text"]
    assert {task.title for task in TASKS} < set(NAMES.values())
    assert [get_task(task.name) for task in TASKS] == list(TASKS)
    with pytest.raises(RequestError, match="expected a known name, got 'mnist1d'; did you"):
        get_task("mnist1d")


@pytest.mark.parametrize(
    ("configuration", "name"),
    [
        ({}, "data that are not stated"),
        ({"data_sha256": load_mnist().sha256}, "MNIST"),
        ({"data_sha256": load_mnist().sha256, "data": "train"}, "MNIST"),
        ({"data_sha256": "f" * 64, "data": "train"}, "train"),
        ({"data_sha256": "f" * 64}, "data ffffffffffff"),
    ],
)
def test_documents_name_their_data(configuration, name):
    assert data_name_of(configuration) == name


@pytest.mark.parametrize(
    ("origin", "name"),
    [("/a/b.npz", "b.npz"), ("emnist", "emnist"), ("/", "/"), ("a/b\nc", "b?c"), (".", ".")],
)
def test_data_are_named_after_their_file(origin, name):
    assert data_name("f" * 64, origin) == name


LETTERS = np.random.default_rng(0).choice(list("Éé#" + ALPHABET[1:]), 4_000)
TEXT = "".join(LETTERS)
OTHER = "\N{REPLACEMENT CHARACTER}"


def test_examples_of_a_text_are_its_consecutive_pieces():
    data = examples_of(TEXT, origin="cats")
    assert (data.x_train.shape[1:], data.classes) == ((CONTEXT, SYMBOLS), SYMBOLS)
    images = np.concatenate([data.x_train, data.x_test])
    labels = np.concatenate([data.y_train, data.y_test])
    assert set(np.unique(images)) == {0, 255}
    assert (images.sum(axis=2, dtype=int) == 255).all()
    symbols = np.concatenate([images.argmax(axis=2), labels[:, np.newaxis]], axis=1).ravel()
    read = "".join((ALPHABET + OTHER)[symbol] for symbol in symbols)
    plain = re.sub("[É#]", OTHER, TEXT.replace("é", OTHER))
    assert plain.startswith(read)
    assert len(plain) - len(read) <= CONTEXT


def test_white_space_and_capitals_do_not_count():
    spaced = TEXT[:1_000].upper() + " \n\t " + TEXT[1_000:]
    plain = TEXT[:1_000].lower() + " " + TEXT[1_000:]
    assert examples_of(spaced).sha256 == examples_of(plain).sha256


def test_validation_examples_of_a_text_are_the_end_of_its_training_part():
    data = examples_of(TEXT)
    count = len(data.x_train)
    prepared = prepare(
        data, train_images=None, validation_images=20, test_images=None, seed=3, inverted=False
    )
    assert prepared.validation is not None
    for (found, labels), first, last in (
        (prepared.train, 0, count - 20),
        (prepared.validation, count - 20, count),
    ):
        expected = np.column_stack([data.x_train[first:last].reshape(last - first, -1),
                                    data.y_train[first:last]])  # fmt: skip
        got = np.column_stack([found.reshape(len(found), -1), labels])
        assert sorted(map(bytes, got.astype(np.uint8))) == sorted(map(bytes, expected))
    random_split = prepare(
        load_mnist(), train_images=10, validation_images=5, test_images=5, seed=3
    )
    assert len(random_split.train[1]) == 20


def test_the_text_of_this_python_is_named_by_its_contents(monkeypatch):
    data = load_help_topics()
    other = f"help topics of Python {python_version()}"
    assert data.name in ("Python help topics", other)
    assert len(data.x_train) > 25_000
    topics = {"b": "x" * 50, "a": TEXT}
    module = ModuleType("pydoc_data.topics")
    vars(module).update(topics=topics)
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", module)
    data = load_help_topics()
    assert data.name == other
    assert data.sha256 == examples_of(f"{TEXT}\n{'x' * 50}").sha256
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(RequestError, match="task text: expected a Python with pydoc_data"):
        load_help_topics()


def test_mnist_1d_has_standardised_signals_and_leaves_random_states_alone(monkeypatch):
    examples = 20_000 if LONG_FORM else 500
    monkeypatch.setattr(mnist_1d, "EXAMPLES", examples)
    pytest.importorskip("mnist1d", reason="the package mnist1d is not installed")
    np.random.seed(7)  # noqa: NPY002
    random.seed(7)
    expected = np.random.rand(), random.random()  # noqa: NPY002, S311
    np.random.seed(7)  # noqa: NPY002
    random.seed(7)
    data = load_mnist_1d()
    assert (np.random.rand(), random.random()) == expected  # noqa: NPY002, S311
    assert data.name == ("MNIST-1D" if LONG_FORM else "MNIST-1D (other contents)")
    training = int(0.6 * examples)
    assert data.x_train.shape == (training, 40, 1)
    assert data.x_test.shape == (examples - training, 40, 1)
    assert data.classes == 10
    pixels = np.concatenate([data.x_train, data.x_test]).astype(float)
    assert pixels.mean() == pytest.approx(127.5, abs=0.1)
    assert pixels.std() == pytest.approx(25.5, abs=0.1)
    assert pixels.min() > 0
    assert pixels.max() < 255


def test_fashion_mnist_is_read_from_its_folder():
    if not FOLDER.is_dir():
        pytest.skip("the package dataset-fashion-mnist is not installed")
    data = load_fashion_mnist()
    assert data.name == "Fashion-MNIST"
    assert (data.x_train.shape, data.x_test.shape) == ((60_000, 28, 28), (10_000, 28, 28))


def test_tasks_that_are_not_installed_raise_before_any_training(tmp_path, monkeypatch, capsys):
    missing = "expected the folder .+, got none; try apt-get install dataset-fashion-mnist"
    with pytest.raises(RequestError, match=missing):
        load_fashion_mnist(tmp_path / "nowhere")
    monkeypatch.setitem(sys.modules, "mnist1d.data", None)
    monkeypatch.setitem(sys.modules, "mnist1d", None)
    store = tmp_path / "store"
    words = ["run", "ranking", "--profile", "full", "--store", str(store)]
    assert main([*words, "--task", "mnist", "--task", "mnist-1d"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("actbench: task mnist-1d: expected an installed package mnist1d")
    assert line.endswith("try pip install 'actbench[tasks]'")
    assert not store.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--profile", "full", "--task", "cifar"], "task: expected a known name, got 'cifar'"),
        (["--task", "text"], "--task: expected a task of profile quick, which has no tasks"),
        (
            ["--profile", "smoke", "--task", "text"],
            "of profile smoke, which has mnist, got text",
        ),
        (
            ["--profile", "full", "--data", "small.npz"],
            "--data: expected one task whose data it replaces, got mnist, fashion-mnist, ",
        ),
    ],
)
def test_wrong_requests_for_tasks_raise_one_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    data = examples_of(TEXT)
    np.savez("small.npz", allow_pickle=False, **data)
    assert main(["run", "ranking", "--store", "store", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "store").exists()


def test_profiles_of_the_ranking_select_tasks():
    full, smoke, quick, source = (
        RANKING.within(get_profile(RANKING, name)).conditions
        for name in ("full", "smoke", "quick", "source")
    )
    assert len(full) == 8 * len(TASKS) * 2
    assert quick == source
    assert len(quick) == 25
    assert not any(condition.task for condition in quick)
    assert {condition.factors["task"] for condition in smoke} == {"mnist"}
    for condition in full:
        assert condition.task is not None
        assert condition.network == condition.task.network
        assert condition.factors["initializer"] == condition.member.initializer
    text = RANKING.within(FULL.with_tasks(["text"])).conditions
    assert {condition.factors["task"] for condition in text} == {"text"}
    assert FULL.with_tasks(["text", "mnist"]).tasks == ("mnist", "text")


def test_each_task_has_the_same_protocol_for_all_activations():
    assert FULL.tuning is not None
    for task in TASKS:
        sizes = FULL.of_task(task)
        settings = sizes.settings
        assert (settings.epochs, settings.batch_size) == (task.epochs, task.batch_size)
        assert settings.schedule == "linear"
        assert sizes.validation_images == task.validation_images
        assert sizes.tuning is not None
        assert sizes.tuning.rates == task.rates
    assert SMOKE.of_task(TASKS[0]) == SMOKE


def test_a_part_has_the_data_of_its_task():
    (part,) = parts_of(RANKING.within(SMOKE), SMOKE, None)
    assert part.title == "ranking smoke, mnist"
    assert part.configuration["data"] == "MNIST"
    assert part.configuration == configuration_of(SMOKE, load_mnist())
    (part,) = parts_of(RANKING.within(SMOKE), SMOKE, examples_of(TEXT * 4))
    assert part.configuration["data"] == "text"
