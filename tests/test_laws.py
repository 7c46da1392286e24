"""The laws of the house, read from its source: who may know whom, what is public, what is said.

Each law is a function from a source tree (or from what it holds) to a list of violations,
so that it can be shown to bite on a planted one.
"""

import ast
import importlib
import inspect
import io
import json
import re
import subprocess
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import attrs
import pytest

import ruralcredit
from ruralcredit.policy import DecisionTable, Policy
from ruralcredit.reasons import BASES, Figure, Reason
from ruralcredit.values import Dated

# What the source says is the same wherever it is installed.
pytestmark = pytest.mark.source

PACKAGE = Path(ruralcredit.__file__).parent
PROJECT = Path(__file__).resolve().parents[1]
REFERENCE = PROJECT / "docs" / "reference"

# design.md's drawing: a room knows the rows below its own, and row 0 knows `errors` only.
ROWS = (
    ("errors", "values", "columns"),
    ("reasons",),
    ("policy",),
    ("scorecards", "guarantees"),
    (
        *("grids", "customers", "products", "collateral", "limits", "investigation"),
        *("approvals", "postloan", "team", "campaigns", "guarantee_checks"),
    ),
    ("reports", "frames", "plots", "synthetic", "testing"),
)
ROW_OF = {room: number for number, row in enumerate(ROWS) for room in row}
EVERY_ROOM = frozenset(ROW_OF)
ROWS_3_AND_4 = frozenset(ROWS[3] + ROWS[4])

# Third-party package -> the rooms that may import it.
THIRD_PARTY = {
    "attrs": EVERY_ROOM,
    "numpy": EVERY_ROOM,
    "hypothesis": frozenset({"testing"}),
    "matplotlib": frozenset({"plots"}),
    "narwhals": frozenset({"frames"}),
    "networkx": frozenset({"guarantees", "reports"}),
    "optbinning": frozenset({"scorecards"}),
    "pendulum": frozenset({"values"}),
    "pyarrow": frozenset({"frames"}),
    "scipy": ROWS_3_AND_4,
}
# Imported only by private modules, which only what needs them loads.
PRIVATE_ONLY = frozenset({"scipy"})

# (file, import as Python writes it) -> why it stands inside a function.
LAZY = {
    ("guarantees/_book.py", "from ruralcredit.guarantees._graphs import columns_of"): (
        "networkx, when a graph is brought"
    ),
    ("guarantees/_book.py", "from ruralcredit.guarantees._graphs import graph_of"): (
        "networkx, when a graph is asked for"
    ),
    ("guarantees/_closing.py", "import networkx as nx"): "networkx, beside joint agreements only",
    ("guarantees/_groups.py", "import networkx as nx"): (
        "networkx, where several contracts share several loans"
    ),
    ("guarantees/_groups.py", "from ruralcredit.guarantees._graphs import graph_of"): (
        "networkx, when a graph is asked for"
    ),
    **{
        ("guarantees/_feedback_lp.py", line): "SciPy, when a loop needs a linear programme"
        for line in (
            "from scipy.optimize import linprog",
            "from scipy.sparse import csc_array",
            "from scipy.sparse import csr_array",
            "from scipy.sparse.linalg import splu",
        )
    },
    **{
        ("guarantees/_feedback_loops.py", line): "SciPy, when loops are searched for"
        for line in (
            "from scipy.sparse import csr_array",
            "from scipy.sparse.csgraph import dijkstra",
        )
    },
    **{
        ("guarantees/_flows.py", line): "SciPy, where a network is large"
        for line in (
            "from scipy.optimize import linprog",
            "from scipy.sparse import csr_array",
            "from scipy.sparse.csgraph import maximum_flow",
        )
    },
    ("guarantees/_kernels.py", "from scipy.sparse import csr_array"): "SciPy, when first asked",
    ("guarantees/_kernels.py", "from scipy.sparse.csgraph import breadth_first_order"): (
        "SciPy, when parties with unknown guarantees stand in the book"
    ),
    (
        "guarantees/_kernels.py",
        "from scipy.sparse.csgraph import connected_components",
    ): "SciPy, when first asked",
    **{
        ("guarantees/_reach.py", line): "SciPy, when a snapshot is prepared"
        for line in (
            "from scipy.sparse import csr_array",
            "from scipy.sparse.csgraph import connected_components",
        )
    },
    ("limits/_copying.py", "from scipy.special import ndtr"): "SciPy, when copying is asked",
}

# What is slow to load or may be absent -> the rooms that load it by being imported.
HEAVY = {
    "duckdb": frozenset(),
    "hypothesis": frozenset({"testing"}),
    "matplotlib": frozenset({"plots"}),
    "narwhals": frozenset({"frames"}),
    "networkx": frozenset({"reports"}),
    "numpy": EVERY_ROOM - {"errors"},
    "optbinning": frozenset(),
    "pandas": frozenset(),
    "pendulum": EVERY_ROOM - {"errors", "columns"},
    "polars": frozenset(),
    "pyarrow": frozenset({"frames"}),
    "scipy": ROWS_3_AND_4
    - {"collateral", "customers", "grids", "guarantee_checks", "guarantees"}
    - {"limits", "postloan", "products"},
}

# Values that read as well without names: Ratio(962, 1477), Row("a1", when=...).
BARE = {
    "columns": {"IdColumn", "Ints", "Words"},
    "customers": {"Contact", "StateColumn"},
    "grids": {"Count", "FileDocument", "Grid", "GridFinding", "Member", "Stage", "Visit"},
    "guarantees": {"Circle", "Circles", "Cluster", "Clusters", "Cycles", "Exclusion"},
    "limits": {"Assessment", "Relation"},
    "policy": {"DecisionTable", "Field", "Policy", "Row"},
    "products": {"Catalogue"},
    "values": {"Dated", "Ratio"},
}

# (file, function) or (file, "") -> why it may be longer than the style guide allows.
LONG: dict[tuple[str, str], str] = {}


class Import(NamedTuple):
    """One import statement of the package."""

    file: str
    line: int
    module: str
    names: tuple[str, ...]
    level: int
    is_inner: bool
    text: str

    @property
    def place(self):
        """Where it stands."""
        return f"{self.file}:{self.line}"

    @property
    def room(self):
        """The room it stands in; empty for the root."""
        first = self.file.split("/")[0].removesuffix(".py")
        return "" if first == "__init__" else first

    @property
    def target(self):
        """The room of ours that it imports, or None."""
        parts = self.module.split(".")
        return parts[1] if parts[0] == "ruralcredit" and len(parts) > 1 else None

    @property
    def is_private(self):
        """Whether it stands in a private module."""
        return any(part.startswith("_") for part in self.file.split("/") if part != "__init__.py")


def imports(tree):
    """Return every import statement below a folder, in order of file and line."""
    found = []
    for path in sorted(tree.rglob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        inner = {
            id(node)
            for function in ast.walk(module)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for node in ast.walk(function)
        }
        for node in ast.walk(module):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            where = (path.relative_to(tree).as_posix(), node.lineno)
            how = (id(node) in inner, ast.unparse(node))
            if isinstance(node, ast.Import):
                found += [Import(*where, alias.name, (), 0, *how) for alias in node.names]
            else:
                names = tuple(alias.name for alias in node.names)
                found.append(Import(*where, node.module or "", names, node.level, *how))
    return found


def layer_violations(tree):
    """Return imports of a room that the drawing does not let its importer know."""
    found = []
    for one in imports(tree):
        if one.room and one.room not in ROW_OF:
            found.append(f"{one.place}: room {one.room!r} is not in the drawing")
        elif one.target and one.target not in may_know(one.room):
            found.append(f"{one.place}: {one.room or 'the root'} may not know {one.target}")
    return found


def may_know(room):
    """Return the rooms that a room may import, itself included."""
    if not room:
        return set()
    row = ROW_OF[room]
    below = {"errors"} if row == 0 else {other for other in ROW_OF if ROW_OF[other] < row}
    return below | {room}


def third_party_violations(tree):
    """Return imports of third-party packages by rooms that have no use for them."""
    found = []
    for one in imports(tree):
        package = one.module.split(".")[0]
        if one.level or package == "ruralcredit" or package in sys.stdlib_module_names:
            continue
        if one.room not in THIRD_PARTY.get(package, ()):
            found.append(f"{one.place}: {one.room or 'the root'} may not import {package}")
        elif package in PRIVATE_ONLY and not one.is_private:
            found.append(f"{one.place}: only a private module may import {package}")
    return found


def form_violations(tree, lazy):
    """Return imports in a form that the style guide refuses, and stale exceptions."""
    found = []
    unused = set(lazy)
    for one in imports(tree):
        if one.level and one.file != "__init__.py":
            found.append(f"{one.place}: relative import")
        if one.module == "ruralcredit":
            found.append(f"{one.place}: imports the package root")
        if "*" in one.names:
            found.append(f"{one.place}: star import")
        if one.target not in {None, one.room} and reaches_private(one):
            found.append(f"{one.place}: reaches into a private part of {one.target}")
        if one.is_inner:
            unused.discard((one.file, one.text))
            if (one.file, one.text) not in lazy:
                found.append(f"{one.place}: import inside a function: {one.text!r}")
    return found + [f"{file}: no longer holds {text!r}" for file, text in sorted(unused)]


def reaches_private(one):
    """Say whether an import names a private module or a private name."""
    parts = [*one.module.split("."), *one.names]
    return any(part.startswith("_") and not part.startswith("__") for part in parts)


def hidden_imports(tree):
    """Return calls that import by text, outside the root, whose business it is."""
    found = []
    for path in sorted(tree.rglob("*.py")):
        name = path.relative_to(tree).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = getattr(node, "func", None)
            word = getattr(called, "attr", getattr(called, "id", ""))
            if word in {"import_module", "__import__"} and name != "__init__.py":
                found.append(f"{name}:{node.lineno}: imports by text")
    return found


def code_lines(text):
    """Return the numbers of lines that hold code: no blank, comment or docstring lines."""
    lines = set()
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped and token.string:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        for string in texts(node):
            lines.difference_update(range(string.lineno, string.end_lineno + 1))
    return lines


def texts(node):
    """Return the statements of a body that are only text: its docstring, and those of names."""
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return []
    return [
        one
        for one in body
        if isinstance(one, ast.Expr)
        and isinstance(one.value, ast.Constant)
        and isinstance(one.value.value, str)
    ]


def functions(node, inside=""):
    """Return (name with its classes and functions, node) of every function below a node."""
    found = []
    for child in ast.iter_child_nodes(node):
        name = f"{inside}{getattr(child, 'name', '')}"
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((name, child))
        is_scope = isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        found += functions(child, f"{name}." if is_scope else inside)
    return found


def length_violations(tree, listed, *, of_function=40, of_module=800):
    """Return functions and modules with too many lines of code, and stale exceptions.

    Lines of code: a function's body without its docstring, comments and blank lines.
    """
    lengths = {}
    for path in sorted(tree.rglob("*.py")):
        name = path.relative_to(tree).as_posix()
        text = path.read_text(encoding="utf-8")
        code = code_lines(text)
        lengths[name, ""] = (len(code), of_module)
        for function, node in functions(ast.parse(text)):
            body = code.intersection(range(node.body[0].lineno, node.end_lineno + 1))
            lengths[name, function] = (len(body), of_function)
    too_long = {key for key, (length, most) in lengths.items() if length > most}
    return [
        *(f"{' '.join(key)}: {lengths[key][0]} lines" for key in sorted(too_long - set(listed))),
        *(f"{' '.join(key)}: no longer too long" for key in sorted(set(listed) - too_long)),
    ]


def comment_share(tree):
    """Return the number of comment lines per line of code in a tree."""
    comments = lines = 0
    for path in tree.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        lines += len(code_lines(text))
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments += sum(token.type == tokenize.COMMENT for token in tokens)
    return comments / max(lines, 1)


def exports(path):
    """Return the ``__all__`` of a module, read without importing it; None if it has none."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(node.targets[0])] == ["__all__"]:
            return ast.literal_eval(node.value)
    return None


def rooms(tree):
    """Return room -> the file that is its face, for the rooms that stand."""
    faces = {path.stem: path for path in tree.glob("*.py")}
    faces |= {path.parent.name: path for path in tree.glob("*/__init__.py")}
    return {room: faces[room] for room in sorted(faces) if room != "__init__"}


def export_violations(tree):
    """Return rooms without a sorted ``__all__``: CONSTANTS, then Classes, then functions."""
    found = []
    for room, path in rooms(tree).items():
        names = exports(path)
        if names is None:
            found.append(f"{room}: no __all__")
        elif names != sorted(set(names), key=lambda name: (kind_of_name(name), name)):
            found.append(f"{room}: __all__ is not sorted")
    return found


def kind_of_name(name):
    """Return 0 for a constant's name, 1 for a class's, 2 for any other."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2


def page_violations(tree, pages):
    """Return names that a room exports and its reference page lacks, or the other way round."""
    found = []
    for room, path in rooms(tree).items():
        page = pages / f"{room}.rst"
        if not page.is_file():
            found.append(f"{room}: no reference page")
            continue
        told = Counter(page_names(page.read_text(encoding="utf-8")))
        public = set(exports(path) or ())
        found += [f"{room}: {name} is not on its page" for name in sorted(public - set(told))]
        found += [f"{room}: the page names {name}" for name in sorted(set(told) - public)]
        found += [f"{room}: {name} stands twice" for name in sorted(told) if told[name] > 1]
    return found


def page_names(text):
    """Return the names that a reference page documents, in its order."""
    directive = r"^\.\. auto(?:function|class|exception|data):: (\w+)$"
    return re.findall(directive, text, flags=re.MULTILINE)


def public_things():
    """Return (full name, object) of what the standing rooms export and define themselves."""
    for room, path in rooms(PACKAGE).items():
        module = importlib.import_module(f"ruralcredit.{room}")
        for name in exports(path) or ():
            thing = getattr(module, name)
            if getattr(thing, "__module__", "").split(".")[0] == "ruralcredit":
                yield f"{room}.{name}", thing


def undocumented(things):
    """Return public functions and classes without a docstring or without a doctest in it."""
    found = []
    for name, thing in things:
        if not (inspect.isfunction(thing) or inspect.isclass(thing)):
            continue
        told = [inspect.getdoc(thing) or "", *(doc for _, doc in method_docs(thing))]
        if not thing.__doc__:
            found.append(f"{name}: no docstring")
        elif not any(">>>" in text for text in told):
            found.append(f"{name}: no doctest")
        found += [
            f"{name}.{method}: no docstring" for method, doc in method_docs(thing) if not doc
        ]
    return found


def method_docs(thing):
    """Return (name, docstring) of the public methods and properties a class defines itself."""
    if not inspect.isclass(thing):
        return []
    kinds = (property, classmethod, staticmethod)
    return [
        (name, inspect.getdoc(member) or "")
        for name, member in vars(thing).items()
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, kinds))
    ]


# (room.name) -> why it takes more by position than the style guide allows.
CROWDED = {
    "policy.DecisionTable": "id, fields, rows: a table is written in this order everywhere",
    "policy.impact": "old, new, columns: the order in which the question is asked",
}


def crowded(things, listed=()):
    """Return public functions and methods with more than two positional parameters."""
    found = []
    for name, thing in things:
        asked = {name: thing} if inspect.isroutine(thing) or inspect.isclass(thing) else {}
        asked |= {f"{name}.{method}": getattr(thing, method) for method, _ in method_docs(thing)}
        for full, one in asked.items():
            count = len(positional(one))
            if count > 2 and full not in listed:
                found.append(f"{full}: {count} positional parameters")
    return found


def positional(thing):
    """Return the names of what a call takes by position; nothing where that is Python's affair."""
    if not callable(thing) or (inspect.isclass(thing) and issubclass(thing, (Exception, dict))):
        return []
    if thing is int:  # `Fen`
        return []
    by_position = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return [
        parameter.name
        for parameter in inspect.signature(thing).parameters.values()
        if parameter.kind in by_position and parameter.name != "self"
    ]


def takes_bare_facts(thing):
    """Tell whether a value may be made without naming each of its facts."""
    if not (inspect.isclass(thing) and attrs.has(thing)):
        return False
    return any(field.init and not field.kw_only for field in attrs.fields(thing))


def shipped(kind):
    """Return the objects of a kind that any module of the package holds, each once."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        dotted = ".".join(["ruralcredit", *(part for part in parts if part != "__init__")])
        for value in vars(importlib.import_module(dotted)).values():
            found |= {id(one): one for one in flat(value) if isinstance(one, kind)}
    return list(found.values())


def flat(value):
    """Return a value, or what a plain container of values holds, with the figures of reasons."""
    if isinstance(value, dict):
        return flat(list(value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return [inner for one in value for inner in flat(one)]
    return [value, *value.figures] if isinstance(value, Reason) else [value]


def reason_violations(reasons):
    """Return codes in a wrong form, used twice, or missing one of the two languages."""
    found = [f"{code}: used {n} times" for code, n in codes(reasons).items() if n > 1]
    for reason in reasons:
        if not re.fullmatch(r"[A-Z]{2,5}-\d{3}", reason.code):
            found.append(f"{reason.code}: a code is letters of the room, a dash, three digits")
        if set(reason.says) != {"en", "zh"}:
            found.append(f"{reason.code}: must speak en and zh")
        if not reason.source:
            found.append(f"{reason.code}: no source")
        if reason.basis not in BASES:
            found.append(f"{reason.code}: basis {reason.basis!r}")
    return found


def codes(reasons):
    """Return how often each code stands."""
    return Counter(reason.code for reason in reasons)


def figure_violations(figures):
    """Return shipped figures whose id is not unique or that do not say what they rest on."""
    counts = Counter(figure.id for figure in figures)
    found = [f"{name}: used {n} times" for name, n in counts.items() if n > 1]
    found += [f"{one.id}: basis {one.basis!r}" for one in figures if one.basis not in BASES]
    return found + [f"{one.id}: no source" for one in figures if not one.source]


def tables_shipped():
    """Return every decision table that a module of the package holds, alone or in a policy."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        dotted = ".".join(["ruralcredit", *(part for part in parts if part != "__init__")])
        for value in vars(importlib.import_module(dotted)).values():
            found |= {id(one): one for one in held(value) if isinstance(one, DecisionTable)}
    return list(found.values())


def held(value):
    """Return a value, or what a container or a frozen value of ours holds."""
    if isinstance(value, dict | Dated | Policy) or attrs.has(type(value)):
        parts = (
            value.values()
            if isinstance(value, dict)
            else attrs.asdict(value, recurse=False).values()
        )
        inner = [one for part in parts for one in held(part)]
        return [value, *inner] if isinstance(value, DecisionTable) else inner
    if isinstance(value, list | tuple):
        return [inner for one in value for inner in held(one)]
    return [value]


def table_violations(tables):
    """Return rows of shipped tables that do not say what they rest on, or claim a bank's word.

    A row may name a reason by its code, or leave it to its id where the outcome says all.
    """
    known = {"", *codes(shipped(Reason))}
    found = []
    for table in tables:
        for row in table.rows:
            if row.basis == "bank policy":
                found.append(f"{table.id}/{row.id}: a shipped row is no bank's policy")
            if not row.cite.strip():
                found.append(f"{table.id}/{row.id}: no source")
            if not isinstance(row.reason, Mapping) and row.reason not in known:
                found.append(f"{table.id}/{row.id}: must speak en and zh, or name a reason")
        if any(field.protected for field in table.fields):
            found.append(f"{table.id}: a shipped table uses a protected field")
    return found


def loaded_by(statement):
    """Return the modules that a statement loads in a fresh process."""
    script = (
        "import json, sys; before = set(sys.modules); "
        f"{statement}; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def plant(tree, files):
    """Write a source tree from relative path -> text."""
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tree


# The laws hold.


def test_each_room_knows_only_the_rows_below_it():
    """design.md's drawing, read from the imports."""
    assert [] == layer_violations(PACKAGE)


def test_each_third_party_package_is_known_only_where_it_is_needed():
    """networkx, SciPy, pendulum and the extras stay in the rooms that are theirs."""
    assert [] == third_party_violations(PACKAGE)


def test_imports_are_absolute_named_and_at_the_top():
    """No root, star, relative or hidden import, and none inside a function without a reason."""
    assert [] == form_violations(PACKAGE, LAZY) + hidden_imports(PACKAGE)


def test_functions_and_modules_stay_short():
    """At most 40 lines of code in a function, 800 in a module."""
    assert [] == length_violations(PACKAGE, LONG)


def test_comments_are_few():
    """Comments say why, so fewer than one line in twenty is one."""
    assert comment_share(PACKAGE) < 0.05


def test_exports_are_sorted():
    """Every room lists what is public, sorted."""
    assert [] == export_violations(PACKAGE)


def test_exports_equal_the_reference_pages():
    """What a room exports and what its page documents are the same names."""
    assert [] == page_violations(PACKAGE, REFERENCE)


def test_the_root_names_the_rooms_that_stand():
    """The root's rooms are the folder's, and each loads when it is named."""
    assert sorted(rooms(PACKAGE)) == ruralcredit.__all__
    assert [*ruralcredit.__all__, "__version__"] == ruralcredit.__dir__()
    for room in ruralcredit.__all__:
        assert getattr(ruralcredit, room) is sys.modules[f"ruralcredit.{room}"]


def test_the_root_refuses_a_room_it_does_not_have():
    """A wrong name says which names are right."""
    with pytest.raises(AttributeError, match="has no room 'cellar': its rooms are collateral, "):
        _ = ruralcredit.cellar


def test_public_names_have_a_docstring_and_a_doctest():
    """Every public function, class and method is described; each function and class is shown."""
    assert [] == undocumented(public_things())


def test_public_functions_take_at_most_two_positional_arguments():
    """Beyond the first two, every argument is given by its name."""
    assert [] == crowded(public_things(), CROWDED)


def test_public_values_take_their_facts_by_name():
    """Facts are named where a value is made, but for the few that are listed."""
    bare = {place for place, thing in public_things() if takes_bare_facts(thing)}

    assert {f"{room}.{name}" for room, names in BARE.items() for name in names} == bare


def test_the_law_on_facts_by_name_bites():
    """A fact that may come without its name is seen; one that no caller gives is not."""

    @attrs.frozen
    class Bare:
        fact: int

    @attrs.frozen(kw_only=True)
    class Named:
        fact: int

    @attrs.frozen
    class Derived:
        fact: int = attrs.field(init=False, default=1)

    assert [True, False, False] == [takes_bare_facts(one) for one in (Bare, Named, Derived)]


def test_reason_codes_are_unique_and_speak_both_languages():
    """A code belongs to one reason, which has a source, a basis and two wordings."""
    assert [] == reason_violations(shipped(Reason))


def test_every_row_of_a_shipped_table_says_what_it_rests_on():
    """Basis, source and both languages; no shipped row passes for a bank's own."""
    tables = tables_shipped()

    assert len(tables) > 5
    assert [] == table_violations(tables)


def test_a_shipped_row_that_rests_on_nothing_is_found():
    """The law above bites on a planted table."""
    planted = DecisionTable(
        "t",
        [ruralcredit.policy.Field("a", "bool")],
        [ruralcredit.policy.Row("r", then={"x": 1}, reason="because")],
    )

    assert [
        "t/r: a shipped row is no bank's policy",
        "t/r: no source",
        "t/r: must speak en and zh, or name a reason",
    ] == table_violations([planted])


def test_shipped_figures_say_what_they_rest_on():
    """Every figure that ships has one of the known bases and a source."""
    assert [] == figure_violations(shipped(Figure))


@pytest.mark.parametrize("room", rooms(PACKAGE))
def test_a_room_loads_only_the_heavy_modules_it_needs(room):
    """Importing a room in a fresh process loads no heavy package that is not listed for it."""
    loaded = {name.split(".")[0] for name in loaded_by(f"import ruralcredit.{room}")}

    assert set() == {package for package in loaded & set(HEAVY) if room not in HEAVY[package]}


def test_the_root_loads_no_room_and_no_third_party_module():
    """Importing the root in a fresh process loads itself and the standard library only."""
    loaded = loaded_by("import ruralcredit")

    assert {"ruralcredit"} == {
        name for name in loaded if name.split(".")[0] not in sys.stdlib_module_names
    }


def test_a_room_named_at_the_root_is_loaded_then():
    """Naming a room loads that room, and the ones it stands on, and no other."""
    loaded = loaded_by("import ruralcredit; ruralcredit.errors")

    assert {"ruralcredit", "ruralcredit.errors"} == {
        name for name in loaded if name.split(".")[0] not in sys.stdlib_module_names
    }


def test_the_version_is_said_once():
    """The root, pyproject.toml, the citation and the installed metadata name one version."""
    citation = (PROJECT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["version"] == ruralcredit.__version__
    assert project["version"] == version("ruralcredit")
    assert f"version: {project['version']}" in citation


@pytest.mark.parametrize(("page", "most"), [("README.md", 120), ("CONTRIBUTING.md", 200)])
def test_top_level_pages_stay_short(page, most):
    """A first screen that nobody finishes says nothing."""
    assert len((PROJECT / page).read_text(encoding="utf-8").splitlines()) <= most


def test_ci_runs_the_test_command_of_the_readme():
    """README's two commands are on its first screen, and CI runs the second as it is written."""
    screen = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()[:60]
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    job = "pip install uv && uv run --no-dev examples/guarantee_circle_audit.py"

    assert [line for line in screen if line.strip().startswith(job)] != []
    assert [line for line in screen if "pip install uv && uv run pytest" in line] != []
    assert ["pip install uv", "uv run pytest"] == [
        line for line in script if line in {"pip install uv", "uv run pytest"}
    ]


# The laws bite.


@pytest.mark.parametrize(
    ("file", "line", "violation"),
    [
        ("values.py", "from ruralcredit.columns import f", "values.py:1: values may not know"),
        ("errors.py", "import ruralcredit.values", "errors.py:1: errors may not know values"),
        ("reasons.py", "from ruralcredit.policy import Table", "reasons may not know policy"),
        ("guarantees/_book.py", "from ruralcredit.scorecards import f", "_book.py:1: guarantees"),
        ("limits.py", "import ruralcredit.grids as g", "limits may not know grids"),
        ("reports/__init__.py", "from ruralcredit.synthetic import f", "may not know synthetic"),
        ("__init__.py", "import ruralcredit.values", "__init__.py:1: the root may not know"),
        ("cellar.py", "import math", "cellar.py:1: room 'cellar' is not in the drawing"),
    ],
)
def test_the_layer_law_bites(tmp_path, file, line, violation):
    """An import against the drawing is found, with its place."""
    found = layer_violations(plant(tmp_path, {file: line}))

    assert 1 == len(found)
    assert violation in found[0]


def test_the_layer_law_lets_the_drawing_pass(tmp_path):
    """Own room, lower rows, row 0 its errors: nothing to find."""
    files = {
        "values.py": "from ruralcredit.errors import CreditError",
        "guarantees/_loops.py": "from ruralcredit.guarantees._book import GuaranteeBook",
        "guarantee_checks.py": "from ruralcredit.guarantees import find_circles",
        "testing.py": "from ruralcredit.limits import reconcile",
    }

    assert [] == layer_violations(plant(tmp_path, files))


@pytest.mark.parametrize(
    ("file", "line", "violation"),
    [
        ("values.py", "import networkx as nx", "values may not import networkx"),
        ("reports/_page.py", "from scipy import sparse", "reports may not import scipy"),
        ("guarantees/__init__.py", "import scipy.sparse", "only a private module"),
        ("reasons.py", "import pandas", "reasons may not import pandas"),
        ("__init__.py", "import attrs", "the root may not import attrs"),
        ("limits.py", "def f():\n    import pendulum", "limits may not import pendulum"),
    ],
)
def test_the_third_party_law_bites(tmp_path, file, line, violation):
    """A package in a room that has no use for it is found."""
    found = third_party_violations(plant(tmp_path, {file: line}))

    assert 1 == len(found)
    assert violation in found[0]


@pytest.mark.parametrize(
    ("file", "line", "violation"),
    [
        ("values.py", "from ruralcredit import errors", "imports the package root"),
        ("values.py", "import ruralcredit", "imports the package root"),
        ("values.py", "from ruralcredit.errors import *", "star import"),
        ("guarantees/_book.py", "from . import _loops", "relative import"),
        ("reports/_page.py", "from ruralcredit.guarantees._book import B", "private part of"),
        ("reports/_page.py", "from ruralcredit.guarantees import _book", "private part of"),
        ("values.py", "def f():\n    import math", "values.py:2: import inside a function"),
    ],
)
def test_the_law_on_the_form_of_imports_bites(tmp_path, file, line, violation):
    """A refused form of import is found, with its place."""
    found = form_violations(plant(tmp_path, {file: line}), {})

    assert 1 == len(found)
    assert violation in found[0]


def test_an_import_inside_a_function_may_be_listed(tmp_path):
    """A listed line passes; a listed line that is gone is found."""
    tree = plant(tmp_path, {"guarantees/_k.py": "def f():\n    from scipy import sparse\n"})

    assert [] == form_violations(tree, {("guarantees/_k.py", "from scipy import sparse"): "heavy"})
    assert ["values.py: no longer holds 'import math'"] == form_violations(
        plant(tmp_path / "other", {"values.py": "import math"}),
        {("values.py", "import math"): "gone"},
    )


@pytest.mark.parametrize("call", ["importlib.import_module('os')", "__import__('os')"])
def test_the_law_on_hidden_imports_bites(tmp_path, call):
    """An import by text would slip past every law that reads import statements."""
    assert ["values.py:1: imports by text"] == hidden_imports(plant(tmp_path, {"values.py": call}))


def test_the_law_on_length_bites(tmp_path):
    """Lines of code count; docstrings, comments and blank lines do not."""
    wordy = 'def f():\n    """Say.\n\n    More.\n    """\n\n    # why\n    a = 1\n    return a\n'
    tree = plant(tmp_path, {"values.py": wordy})

    assert [] == length_violations(tree, {}, of_function=2, of_module=3)
    assert ["values.py f: 2 lines"] == length_violations(tree, {}, of_function=1)
    assert ["values.py : 3 lines"] == length_violations(tree, {}, of_module=2)
    assert [] == length_violations(tree, {("values.py", "f"): "a table"}, of_function=1)
    assert ["values.py f: no longer too long"] == length_violations(
        tree, {("values.py", "f"): "a table"}
    )
    assert 1 / 3 == comment_share(tree)


def test_the_laws_on_exports_and_pages_bite(tmp_path):
    """A missing list, a wrong order, a name that only one side knows: each is found."""
    tree = plant(
        tmp_path / "src",
        {
            "__init__.py": "",
            "errors.py": "x = 1",
            "values.py": "__all__ = ['wan', 'Ratio', 'BASES']",
            "reasons/__init__.py": "__all__ = ['BASES', 'Reason', 'bound']",
        },
    )
    page = ".. autoclass:: Reason\n   :members:\n\n.. autofunction:: gone\n"
    pages = plant(tmp_path / "docs", {"reasons.rst": page, "errors.rst": ""})

    assert ["errors: no __all__", "values: __all__ is not sorted"] == export_violations(tree)
    assert [
        "reasons: BASES is not on its page",
        "reasons: bound is not on its page",
        "reasons: the page names gone",
        "values: no reference page",
    ] == page_violations(tree, pages)
    assert ["Reason", "gone"] == page_names(page)


def test_the_laws_on_public_names_bite():
    """No docstring, no doctest, three positional parameters: each is found."""

    def bare(one, two, three):
        return one, two, three

    def told(one, *, two):
        """Return both."""
        return one, two

    class Shown:
        """A class with one doctest and one method left dark.

        >>> Shown()
        """

        def dark(self, a, b, c):
            return a, b, c

    things = [("bare", bare), ("told", told), ("Shown", Shown), ("BASES", BASES)]

    assert [
        "bare: no docstring",
        "told: no doctest",
        "Shown.dark: no docstring",
    ] == undocumented(things)
    assert [
        "bare: 3 positional parameters",
        "Shown.dark: 3 positional parameters",
    ] == crowded(things)


def test_the_laws_on_reasons_and_figures_bite():
    """A code used twice, a missing language, source or basis: each is found."""
    good = {"says": {"en": "x", "zh": "y"}, "source": "D1", "basis": BASES[0], "figures": ()}
    once = SimpleNamespace(code="GUA-001", **good)
    again = SimpleNamespace(code="GUA-001", **good)
    poor = SimpleNamespace(code="GUA1", says={"en": "x"}, source="", basis="law")
    figure = SimpleNamespace(id="a", basis="law", source="")

    assert [] == reason_violations([once])
    assert ["GUA-001: used 2 times"] == reason_violations([once, again])
    assert [
        "GUA1: a code is letters of the room, a dash, three digits",
        "GUA1: must speak en and zh",
        "GUA1: no source",
        "GUA1: basis 'law'",
    ] == reason_violations([poor])
    assert ["a: used 2 times", "a: basis 'law'", "a: basis 'law'", "a: no source"] == (
        figure_violations([figure, SimpleNamespace(id="a", basis="law", source="x")])
    )
