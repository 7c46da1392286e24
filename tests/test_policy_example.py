"""The example of a collateral policy prints what stands beside it, and draws what docs show."""

import importlib.util
from pathlib import Path
from xml.etree import ElementTree

import pytest

PROJECT = Path(__file__).resolve().parents[1]
SCRIPT = PROJECT / "examples" / "collateral_policy.py"
PRINTED = PROJECT / "examples" / "collateral_policy.txt"
DRAWN = PROJECT / "docs" / "tutorial" / "collateral_policy.svg"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What the script printed and drew, run once as a user runs it."""
    spec = importlib.util.spec_from_file_location("collateral_policy", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    out = tmp_path_factory.mktemp("example") / "collateral_policy.svg"
    with pytest.MonkeyPatch.context() as patch:
        printed = []
        patch.setattr(
            "builtins.print", lambda *said, sep=" ": printed.append(sep.join(map(str, said)))
        )
        script.main(["--out", str(out)])
    return "\n".join(printed) + "\n", out.read_text(encoding="utf-8")


def test_the_example_prints_what_stands_beside_it(ran):
    """Gap, mending, case, trace, a million rows and the impact, to the letter."""
    assert PRINTED.read_text(encoding="utf-8") == ran[0]


def test_the_figure_in_the_docs_is_the_one_drawn(ran):
    """The tutorial shows what the script draws."""
    assert DRAWN.read_text(encoding="utf-8") == ran[1]
    assert "svg" == ElementTree.fromstring(ran[1]).tag.partition("}")[2]  # noqa: S314  # our own text
