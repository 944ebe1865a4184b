"""How Sphinx builds the site: ``make docs``. No network is needed."""

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "miri_widgets"
author = "the miri_widgets developers"
version = release = metadata.version("miri_widgets")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
    "package_pages",
]
exclude_patterns = [
    "_ext",
    "_templates",
    "upstream",
    "generated/readme.md",
]  # the README is a part of the first page
templates_path = ["_templates"]
# a file of another kind that is in the way of a name would win without a word
suppress_warnings = ["config.cache"]

# -- Markdown and notebooks
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the tests execute them

# -- API
autosummary_generate = True
autodoc_typehints = "none"  # numpydoc tells the types
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
default_role = "literal"  # names in docstrings are read as code, and most are not on this site

# -- look
html_theme = "pydata_sphinx_theme"
html_title = "miri_widgets"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": True,
    "header_links_before_dropdown": 9,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
}
# pages without pages below them need no second list
_WITHOUT = (
    "index",
    "tutorial",
    "platform",
    "developers",
    "generated/panels",
    "generated/figures",
    "generated/changes",
)
html_sidebars = {page: [] for page in _WITHOUT}
project_copyright = "the miri_widgets developers, BSD-3-Clause"
