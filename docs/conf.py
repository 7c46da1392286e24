"""Settings of the documentation: stock Sphinx, built with ``sphinx-build -n -W docs OUT``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import ruralcredit

project = "ruralcredit"
author = "the ruralcredit contributors"
copyright = f"2026, {author}"
version = release = ruralcredit.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.doctest",
    "house",
]
exclude_patterns = ["_build"]
# `Name` in a docstring or a page links to a public name of ours; ``code`` is only code.
default_role = "py:obj"
html_theme = "alabaster"
html_theme_options = {
    "description": "Rural-bank credit: every answer with its reasons",
    "page_width": "min(1200px, 96vw)",  # our lines of code have up to 99 characters
    "body_max_width": "none",
}

autodoc_default_options = {"members": True, "no-value": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
maximum_signature_line_length = 80
python_use_unqualified_type_names = True

napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Source", "returns_style")]
# The fields of an attrs class are described once, in its Attributes section; its signature
# holds their types.
napoleon_use_ivar = True
napoleon_attr_annotations = False

# Names of other projects, which cannot be looked up without a network.  Ours all resolve.
nitpick_ignore_regex = [
    (r"py:.*", r"(collections|datetime|decimal|enum|fractions|json|types|typing)\..*"),
    (r"py:.*", r"(np|npt|numpy|networkx|nx|pendulum|scipy)\..*"),
    (r"py:.*", r"(attr|attrs|hypothesis|st|strategies)\..*"),
    # Type variables are placeholders within one signature.
    (r"py:.*", r"ruralcredit\..*\.[A-Z](_co)?"),
]
