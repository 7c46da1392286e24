"""What our pages need beyond stock Sphinx: public names of re-exported things, reason codes."""

import functools
import importlib
import re
from pathlib import Path
from typing import Any, Literal, get_origin

import attrs
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.typing import stringify_annotation

import ruralcredit
from ruralcredit.guarantees import GuaranteeBook, find_circles
from ruralcredit.policy import DecisionTable, to_markdown
from ruralcredit.reasons import Figure, Reason
from ruralcredit.reports import loop_svg

ROOT = Path(ruralcredit.__file__).parent
NDARRAY = re.compile(
    r"~?numpy\.ndarray\[tuple\[~?typing\.Any, \.\.\.\], ~?numpy\.dtype\[(~?[\w.]+)\]\]"
)
PIPE = re.compile(r"(?<!\\)\|")
SENTENCES = (12, 38, 30, 15, 25)
PRIVATE = re.compile(r"ruralcredit\.(\w+)\._\w+\.(\w+)")


def public_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Element | None:
    """Resolve ``ruralcredit.room._private.Name`` and a bare ``Name`` as public names of ours."""
    target = str(node.get("reftarget", ""))
    parts = target.split(".")
    if parts[0] == "ruralcredit":
        public = ".".join(part for part in parts if not part.startswith("_"))
    else:
        public = f"ruralcredit.{homes().get(parts[0], '')}.{target}"
    if public == target:
        return None
    domain = env.get_domain("py")
    found = domain.resolve_any_xref(env, node["refdoc"], app.builder, public, node, content)
    return found[0][1] if found else None


@functools.cache
def homes() -> dict[str, str]:
    """Return the room of each public name that only one room has."""
    found: dict[str, list[str]] = {}
    for room in ruralcredit.__all__:
        for name in getattr(ruralcredit, room).__all__:
            found.setdefault(name, []).append(room)
    return {name: rooms[0] for name, rooms in found.items() if len(rooms) == 1}


def short_types(
    _app: Sphinx,
    what: str,
    _name: str,
    _thing: object,
    _options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    """Write ``NDArray`` and our names of closed choices as the source does.

    A class built from private ones is built by the library: its signature is not shown.
    """
    if what == "class" and any(is_private(*found) for found in PRIVATE.findall(signature or "")):
        return "", returned
    return shorten(signature), shorten(returned)


def is_private(room: str, name: str) -> bool:
    """Say whether a name from a private module of a room is not what the room exports."""
    return name not in getattr(ruralcredit, room).__all__


def shorten(text: str | None) -> str | None:
    """Shorten the types in one half of a signature."""
    if text is None:
        return None
    text = NDARRAY.sub(r"~numpy.typing.NDArray[\1]", text)
    for long, short in choices().items():
        text = text.replace(long, short)
    return text


@functools.cache
def choices() -> dict[str, str]:
    """Return the public names of closed choices by what autodoc prints for them."""
    return {
        stringify_annotation(thing, "smart"): f"~ruralcredit.{room}.{name}"
        for room in ruralcredit.__all__
        for name, thing in vars(getattr(ruralcredit, room)).items()
        if get_origin(thing) is Literal and name in getattr(ruralcredit, room).__all__
    }


def alias_text(
    _app: Sphinx, what: str, name: str, _thing: object, _options: object, lines: list[str]
) -> None:
    """Give a re-exported alias the text below its definition, not that of its type."""
    if what != "data":
        return
    room, word = name.split(".")[1:]
    for module in modules(room):
        try:
            texts = ModuleAnalyzer.for_module(module).find_attr_docs()
        except PycodeError:
            continue
        if ("", word) in texts:
            lines[:] = texts["", word]
            return
    # What autodoc found is the text of the value's type, such as that of any tuple.
    lines.clear()


class ReasonCodes(Directive):
    """Every reason code of one room as a table, printed from the code."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the table of one room."""
        found: dict[str, Reason] = {}
        for module in modules(self.arguments[0]):
            for value in vars(importlib.import_module(module)).values():
                found |= {one.code: one for one in reasons_in(value)}
        rows = [
            (one.code, one.says["en"], one.says["zh"], one.basis, one.source)
            for _, one in sorted(found.items())
        ]
        return [table(("code", "English", "中文", "basis", "source"), rows, SENTENCES)]


class Figures(Directive):
    """Every figure that ships, with what it rests on, printed from the code."""

    def run(self) -> list[nodes.Node]:
        """Build the table of all rooms."""
        found: dict[str, Figure] = {}
        for room in ruralcredit.__all__:
            for module in modules(room):
                for value in vars(importlib.import_module(module)).values():
                    held = value if isinstance(value, tuple) else (value,)
                    found |= {one.id: one for one in held if isinstance(one, Figure)}
        rows = [
            (one.id, f"{one.value} {one.unit}", one.basis, one.source)
            for _, one in sorted(found.items())
        ]
        return [table(("figure", "value", "basis", "source"), rows, (25, 12, 20, 43))]


class LoopDrawing(Directive):
    """A closed loop drawn by the library: each line a guarantor, a borrower and an amount."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Draw the loop of the lines."""
        guarantor, borrower, amount = zip(*map(str.split, self.content), strict=True)
        book = GuaranteeBook.from_columns(
            guarantor=guarantor,
            borrower=borrower,
            amount_fen=[int(one) * 100 for one in amount],
        )
        drawn = loop_svg(find_circles(book)[0], book, lang="en", mask="none")
        return [nodes.raw("", f"<figure>{drawn}</figure>", format="html")]


class DecisionTables(Directive):
    """Every decision table that one room ships, printed from the code."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build a caption and a table for each."""
        found: dict[str, DecisionTable] = {}
        for module in modules(self.arguments[0]):
            for value in vars(importlib.import_module(module)).values():
                found |= {one.id: one for one in tables_in(value)}
        built: list[nodes.Node] = []
        for _, one in sorted(found.items()):
            said = f"{one.id}, version {one.version}, hit policy {one.hit}"
            built += [nodes.rubric(text=said), table_of(one)]
        return built


def tables_in(value: object) -> list[DecisionTable]:
    """Return a decision table, or those that a frozen value of ours holds."""
    if isinstance(value, DecisionTable):
        return [value]
    if not attrs.has(type(value)):
        return []
    held = attrs.asdict(value, recurse=False).values()  # type: ignore[call-overload]
    return [one for one in held if isinstance(one, DecisionTable)]


def table_of(one: DecisionTable) -> nodes.table:
    """Return a decision table with the cells of its Markdown, conditions and outcomes joined."""
    lines = [text for text in to_markdown(one).splitlines() if text.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in PIPE.split(text)[1:-1]] for text in lines]
    fields = {field.name for field in one.fields}
    told = []
    for row in rows:
        cells = dict(zip(head, row, strict=True))
        tests = [
            f"{name} {cell}" for name, cell in cells.items() if name in fields and cell != "-"
        ]
        then = [f"{name[3:]} {cell}" for name, cell in cells.items() if name.startswith("=> ")]
        reason = cells.get("reason:en", cells.get("reason", ""))
        told.append(
            (cells["id"], "; ".join(tests) or "any", "; ".join(then), reason, cells["basis"])
        )
    return table(("row", "where", "then", "reason", "basis"), told, (14, 32, 22, 22, 10))


def modules(room: str) -> list[str]:
    """Return the dotted names of a room's modules, its face first."""
    files = sorted(ROOT.glob(f"{room}.py")) + sorted(ROOT.glob(f"{room}/*.py"))
    dotted = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    return [f"ruralcredit.{name.removesuffix('.__init__')}" for name in dotted]


def reasons_in(value: object) -> list[Reason]:
    """Return a reason, or the reasons that a plain container holds, as a list."""
    if isinstance(value, Reason):
        return [value]
    held = list(value.values()) if isinstance(value, dict) else value
    if isinstance(held, list | tuple):
        return [one for one in held if isinstance(one, Reason)]
    return []


def table(
    head: tuple[str, ...], rows: list[tuple[str, ...]], widths: tuple[int, ...]
) -> nodes.table:
    """Return a docutils table of plain text, columns in the proportion of the widths."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=width) for width in widths]
    group += nodes.thead("", line(head))
    group += nodes.tbody("", *(line(row) for row in rows))
    return nodes.table("", group)


def line(cells: tuple[str, ...]) -> nodes.row:
    """Return one row of a docutils table."""
    return nodes.row("", *(nodes.entry("", nodes.paragraph(text=cell)) for cell in cells))


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx what stands here."""
    app.connect("missing-reference", public_name)
    app.connect("autodoc-process-signature", short_types)
    app.connect("autodoc-process-docstring", alias_text)
    app.add_directive("reason-codes", ReasonCodes)
    app.add_directive("figures", Figures)
    app.add_directive("decision-tables", DecisionTables)
    app.add_directive("loop-drawing", LoopDrawing)
    return {"parallel_read_safe": True}
