"""No I/O, proven twice: a watch over the running suite (see conftest.py), a law on the source."""

import ast
import socket
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest

import ruralcredit

PACKAGE = Path(ruralcredit.__file__).parent

FORBIDDEN_MODULES = {
    *("ctypes", "io", "os", "pathlib", "random", "shutil", "socket"),
    *("subprocess", "tempfile", "time", "urllib"),
}
FORBIDDEN_NAMES = {"open", "input", "print"}
CLOCKS = {"today", "now", "utcnow"}
GENERATORS = {"default_rng", "Generator", "SeedSequence", "PCG64"}

# (file, line as written) -> why it may stand.
ALLOWED: dict[tuple[str, str], str] = {
    ("guarantee_checks/_follow.py", "open: tuple[Followed, ...]"): (
        "a finding is closed, open, new or grown; a field opens nothing"
    ),
}


def forbidden(tree, allowed):
    """Return the places of a source tree that could reach the world, as "file:line: what"."""
    found = []
    unused = set(allowed)
    for path in sorted(tree.rglob("*.py")):
        name = path.relative_to(tree).as_posix()
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            what = reach(node)
            if what is None:
                continue
            key = (name, lines[node.lineno - 1].strip())
            unused.discard(key)
            if key not in allowed:
                found.append(f"{name}:{node.lineno}: {what}")
    return found + [f"{name}: no longer holds the allowed line {line!r}" for name, line in unused]


def reach(node):
    """Say how one node reaches a file, a clock, a process or hidden randomness; None if not."""
    match node:
        case ast.Import(names=names):
            return reach_of_modules([alias.name for alias in names])
        case ast.ImportFrom(module=str(module), level=0):
            return reach_of_modules([module])
        case ast.Name(id=name) if name in FORBIDDEN_NAMES:
            return name
        case ast.Attribute(value=value, attr=name):
            return reach_of_attribute(value, name)
        case ast.Call(
            func=ast.Name(id="default_rng") | ast.Attribute(attr="default_rng"),
            args=[],
            keywords=[],
        ):
            return "default_rng() without a seed"
    return None


def reach_of_modules(modules):
    """Say which of some imported modules is a way out."""
    bad = [module for module in modules if module.split(".")[0] in FORBIDDEN_MODULES]
    return f"import of {bad[0]}" if bad else None


def reach_of_attribute(value, name):
    """Say whether an attribute asks a clock or the shared random state."""
    if name in CLOCKS:
        return f"clock .{name}"
    is_numpy_random = isinstance(value, ast.Attribute) and value.attr == "random"
    if is_numpy_random and name not in GENERATORS:
        return f"shared random state .random.{name}"
    return None


def test_the_source_reaches_no_file_clock_network_process_or_hidden_randomness():
    """The package's own code holds no way out, except the lines listed with a reason."""
    assert forbidden(PACKAGE, ALLOWED) == []


@pytest.mark.parametrize(
    "line",
    [
        "text = open('x').read()",
        "import os",
        "import os.path",
        "from pathlib import Path",
        "from io import StringIO",
        "import time",
        "import socket",
        "import subprocess",
        "import random",
        "day = datetime.date.today()",
        "moment = datetime.datetime.now()",
        "day = pendulum.now()",
        "clock = datetime.date.today",
        "rng = default_rng()",
        "rng = np.random.default_rng()",
        "x = np.random.rand(3)",
    ],
)
def test_the_law_on_the_source_bites(tmp_path, line):
    """Each way out, planted, is found with its file and line."""
    room = tmp_path / "room.py"
    room.write_text(f'"""Planted."""\n{line}\n', encoding="utf-8")

    found = forbidden(tmp_path, {})

    assert ["room.py:2"] == [place.rsplit(": ", 1)[0] for place in found]
    assert [] == forbidden(tmp_path, {("room.py", line): "planted"})


def test_the_law_on_the_source_lets_seeded_generators_and_own_words_pass(tmp_path):
    """A seeded generator and words that only look alike are no way out."""
    room = tmp_path / "room.py"
    room.write_text(
        "import numpy as np\nrng = np.random.default_rng(7)\nopen_parties = ()\n"
        "book.open_ended = True\nfrom ruralcredit.values import months\n",
        encoding="utf-8",
    )

    assert [] == forbidden(tmp_path, {})


def test_an_allowed_line_that_is_gone_is_found(tmp_path):
    """The list of exceptions cannot outlive what it excuses."""
    assert ["room.py: no longer holds the allowed line 'import os'"] == forbidden(
        tmp_path, {("room.py", "import os"): "planted"}
    )


def planted(body, *, file=PACKAGE / "planted.py", **names):
    """Return a function ``act`` whose code claims to stand in a file, by default the package's."""
    code = compile(f"def act():\n    {body}\n", str(file), "exec")
    space = {"Path": Path, "socket": socket, "subprocess": subprocess, "sys": sys, **names}
    exec(code, space)  # noqa: S102 - the only way to give a function a file name of the package
    return space["act"]


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("open", "open(__import__('os').devnull).close()"),
        ("open", "Path(sys.executable).open('rb').close()"),
        ("os.listdir", "__import__('os').listdir('.')"),
        ("os.scandir", "list(__import__('os').scandir('.'))"),
        ("os.system", "__import__('os').system('true')"),
        ("socket.__new__", "socket.socket().close()"),
        ("subprocess.Popen", "subprocess.run(['true'], check=True)"),
        ("ctypes.dlopen", "__import__('ctypes').CDLL(None)"),
    ],
)
def test_the_watch_bites(watch, event, body):
    """A planted act inside the package is seen, by its event and its place."""
    planted(body)()

    seen = watch.drain()

    assert [] != [line for line in seen if line.startswith(event) and "planted.py:2" in line]


def test_the_watch_sees_through_code_of_others(watch):
    """An act that the package has another library do for it is the package's act."""
    act = planted("return __import__('linecache').getlines(sys.executable + '-none')")
    planted("return Path(sys.executable).read_bytes()[:0]")()
    act()

    seen = watch.drain()

    assert 1 == len([line for line in seen if line.startswith("open")])


def test_the_watch_leaves_tests_imports_and_plots_alone(watch):
    """What a test opens, what an import reads and what `plots` draws is no act of the rules."""
    with Path(sys.executable).open("rb"):
        pass
    sys.modules.pop("wave", None)
    planted("__import__('wave')")()
    planted("open(sys.executable, 'rb').close()", file=PACKAGE / "plots.py")()

    assert [] == watch.drain()


def test_the_watch_leaves_what_hypothesis_keeps_alone_but_not_what_a_strategy_does(watch):
    """Hypothesis reads its tables while a strategy of `testing` draws; the strategy may not."""
    engine = Path(hypothesis.__file__).parent / "planted.py"
    reads = planted("open(sys.executable, 'rb').close()", file=engine)
    planted("reads()", file=PACKAGE / "testing.py", reads=reads)()

    assert [] == watch.drain()

    planted("open(sys.executable, 'rb').close()", file=PACKAGE / "testing.py")()
    planted("reads()", file=PACKAGE / "values.py", reads=reads)()

    assert ["testing.py:2", "values.py:2"] == [Path(line).name for line in watch.drain()]


def test_what_the_watch_saw_fails_the_test(watch):
    """The phase of a test in which the package did I/O fails, and names the act."""
    phase = watch.guard()
    next(phase)
    planted("open(sys.executable, 'rb').close()")()

    with pytest.raises(pytest.fail.Exception, match=r"ruralcredit did I/O:\nopen.*planted.py:2"):
        phase.send(None)
