"""The category tree in every shape that it may have."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_micropim.api.tree import read_tree
from target_micropim.mapping.characters import folded

NODES = [
    {"id": 1, "name": "A", "children": [{"id": 2, "name": "B", "children": []}]},
    {"id": 3, "name": "C"},
]


FLAT = [
    {"id": 2, "name": "B", "parent_id": 1},
    {"id": 1, "name": "A", "parent_id": None},
    {"id": 3, "name": "C", "parent": None},
]


SHAPES = [
    NODES,
    {"tree": NODES},
    {"categories": NODES, "total": 2},
    [{"id": 1, "name": "A", "subcategories": [{"id": 2, "name": "B"}]}, {"id": 3, "name": "C"}],
    FLAT,
    {"categories": FLAT},
    [{"id": 2, "name": "B", "parent": {"id": 1}}, *FLAT[1:]],
]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_the_tree_is_read(shape: Any) -> None:
    """Nested or flat, wrapped or bare."""
    tree = read_tree(shape)
    assert sorted(tree.path(number) for number in tree.names) == ["A", "A > B", "C"]
    assert tree.find(1, " b ") == [2]


@pytest.mark.parametrize("shape", [[], {}, {"tree": []}])
def test_an_empty_tree_is_empty(shape: Any) -> None:
    """``[]`` for ``{}`` included."""
    assert read_tree(shape).names == {}


@pytest.mark.parametrize(
    "what", ["nonsense", {"name": "no id"}, None, {"id": 0, "name": "A"}, {"id": 4, "name": "D", "children": 5}]
)
def test_what_is_no_category_makes_the_whole_tree_unreadable(what: Any) -> None:
    """Left out, it would be made again."""
    with pytest.raises(ValueError, match=r"no category|no list"):
        read_tree([*NODES, what])


@pytest.mark.parametrize(
    "shape",
    [
        [*NODES, {"id": 4}],
        [*NODES, {"id": 4, "name": None}],
        {"tree": [*NODES, {"id": 4, "title": "D"}]},
        {"tree": NODES, "total": 4},
        {"categories": FLAT, "pagination": {"total_items": "100", "total_pages": 1}},
        {"categories": FLAT, "pagination": {"current_page": 1, "total_pages": 2}},
    ],
)
def test_a_tree_that_hides_names_or_categories_is_unreadable(shape: Any) -> None:
    """What it does not show would be made again."""
    with pytest.raises(ValueError, match=r"no name|says that there are"):
        read_tree(shape)


def test_ids_as_texts_are_ids() -> None:
    """Some services write numbers as texts."""
    tree = read_tree([{"id": "1", "name": "A"}, {"id": "2", "name": "B", "parent_id": "1"}])
    assert (tree.names, tree.parents) == ({1: "A", 2: "B"}, {1: None, 2: 1})


@pytest.mark.parametrize("shape", [{"nodes": []}, "text", 5, None, {"tree": {}}])
def test_an_unknown_shape_is_no_empty_tree(shape: Any) -> None:
    """Taken for empty, everything would be made again."""
    with pytest.raises(ValueError, match="no list"):
        read_tree(shape)


def test_a_tree_that_bites_its_tail_hangs_nobody() -> None:
    """Parents in a circle."""
    tree = read_tree([{"id": 1, "name": "A", "parent_id": 2}, {"id": 2, "name": "B", "parent_id": 1}])
    assert tree.path(1)
    assert tree.below(99) == frozenset()


@given(st.text(max_size=20))
def test_folding_a_name_twice_changes_nothing(name: str) -> None:
    """Names are compared by a fixed point, mostly: case folding may compose anew."""
    assert folded(folded(name)) == folded(folded(folded(name)))
