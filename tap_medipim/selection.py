"""Whether a field that no catalog knows is selected. Pure."""

from collections.abc import Mapping

Path = tuple[str, ...]


def is_wanted(mask: Mapping[Path, bool], path: Path) -> bool:
    """Whether a field that the schema does not have comes with the others.

    ``mask`` says of each known field whether it is selected, by its breadcrumb. Who deselects more fields of an object
    than he selects has chosen those that he wants; who deselects a few does not want these.
    """
    breadcrumb: Path = ()
    for name in path:
        if not mask[breadcrumb]:
            return False
        siblings = [is_selected for known, is_selected in mask.items() if _is_in(known, breadcrumb)]
        breadcrumb = (*breadcrumb, "properties", name.removesuffix("[]"))
        if breadcrumb not in mask and siblings.count(False) > siblings.count(True):
            return False
        if name.endswith("[]"):  # no catalog tells the fields of the items of a list apart
            return mask[breadcrumb]
    return mask[breadcrumb]


def _is_in(breadcrumb: Path, parent: Path) -> bool:
    return len(breadcrumb) == len(parent) + 2 and breadcrumb[: len(parent)] == parent
