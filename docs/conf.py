"""How the documentation becomes a site: `make site`. Warnings are errors there, so links within it lead somewhere."""

from intact.checks.pages import SITE
from intact.core.version import __version__

project = "intact"
author = "the authors of intact"
copyright = "the authors of intact, Apache-2.0"  # noqa: A001 - the name that Sphinx reads
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

autodoc_class_signature = (
    "separated"  # records are made by intact: their attributes matter, not how they are made
)
autodoc_default_options = {"exclude-members": "__init__, __new__"}
autodoc_typehints = "description"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
exclude_patterns = ["README.md"]
source_suffix = {".md": "markdown"}
root_doc = "index"

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
suppress_warnings = ["misc.highlighting_failure"]  # transcripts of a terminal are no programs

html_theme = "furo"
html_title = f"intact {__version__}"
html_baseurl = f"{SITE}/"
html_copy_source = False
html_show_sphinx = False
