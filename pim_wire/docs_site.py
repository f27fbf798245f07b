"""Where the documentation is read: the one owner of its address, for every message that names a page.

A message is read where there is no checkout: after ``pip install``, in a container, in a mail of a scheduler.
"""

SITE = "https://medipim-micropim.readthedocs.io/en/latest/"  # as in mkdocs.yml and pyproject.toml
ERRORS = "errors"


def docs_page(path: str, anchor: str = "") -> str:
    """A page of the site, by its path in docs/ without the ending; with ``anchor``, a section of it."""
    return f"{SITE}{path}/" + (f"#{anchor}" if anchor else "")
