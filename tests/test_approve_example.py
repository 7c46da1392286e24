"""The example of an approver prints what stands beside it, in both languages."""

import importlib.util
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
SCRIPT = PROJECT / "examples" / "approve_guarantee.py"
PRINTED = PROJECT / "examples" / "approve_guarantee.txt"


@pytest.fixture
def run(capsys):
    """Run the script as a user runs it; return what it printed."""
    spec = importlib.util.spec_from_file_location("approve_guarantee", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    def call(*words):
        script.main(list(words))
        return capsys.readouterr().out

    return call


def test_the_example_prints_what_stands_beside_it(run):
    """Every proposal with its answer, to the letter."""
    assert PRINTED.read_text(encoding="utf-8") == run()


def test_the_example_shows_every_kind_of_answer(run):
    """Proposals that pass, are referred, are refused and stay undetermined."""
    said = {line.partition(": ")[2] for line in run().splitlines() if line.startswith("outcome")}

    assert {"pass", "refer", "refuse", "undetermined"} == said


def test_the_example_speaks_chinese(run):
    """The same answers for the desk."""
    assert 8 == run("--lang", "zh").count("结论：")
