"""How the documentation is built: ``nox -s docs``."""

from __future__ import annotations

import brokkr_core

project = "brokkr"
author = "The brokkr authors"
copyright = "The brokkr authors, Apache-2.0"
release = brokkr_core.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"brokkr {release}"
exclude_patterns = ["_build", "examples"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_google_docstring = True

#: What all values of ``brokkr_core.frozen`` inherit is no part of what they offer.
nitpick_ignore = [("py:class", "brokkr_core.frozen._Value")]
