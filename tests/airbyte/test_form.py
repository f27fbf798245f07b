"""The form of settings: made of their one declaration, and read back; a message knows fields, and no variables."""

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from pim_airbyte.form import Form, Group
from pim_wire.errors import InvalidSettings
from tap_medipim.airbyte.form import FORM as SOURCE
from target_micropim.airbyte.form import FORM as DESTINATION

DECLARED = {
    "type": "object",
    "required": ["key"],
    "properties": {
        "key": {"type": ["string"], "title": "API key", "description": "The key.", "secret": True, "writeOnly": True},
        "size": {
            "type": ["integer", "null"],
            "title": "Page size",
            "description": "Rows.",
            "default": 10,
            "minimum": 1,
        },
        "kind": {
            "type": ["string", "null"],
            "title": "Kind",
            "description": "Which.",
            "enum": ["a", "b"],
            "default": "a",
        },
        "rules": {"type": ["array", "object", "string", "null"], "title": "Rules", "description": "By rule."},
        "names": {"type": ["array", "string", "null"], "title": "Names", "description": "All.", "default": ["x"]},
        "most": {"type": ["integer", "string", "null"], "title": "Most", "description": "A number or 5%."},
        "dry_run": {"type": ["boolean", "null"], "title": "Dry run", "description": "Nothing.", "default": False},
        "store": {"type": ["string", "null"], "title": "Store", "description": "An address."},
    },
}
FORM = Form(
    "Thing",
    DECLARED,
    (Group("access", "Access", ("key", "kind")), Group("rest", "Rest", ("size", "rules", "names", "most", "dry_run"))),
    locations=frozenset({"store"}),
    left_out=frozenset({"store"}),
)


def test_each_field_has_one_type_and_its_place() -> None:
    """What may be an object or a list is a text of JSON, its default too; order is that of the groups."""
    fields = FORM.specification()["properties"]
    types = {name: field["type"] for name, field in fields.items()}
    assert types == {
        "key": "string", "kind": "string", "size": "integer", "rules": "string", "names": "string", "most": "string",
        "dry_run": "boolean",
    }  # fmt: skip
    assert [field["order"] for field in fields.values()] == list(range(7))
    assert fields["names"]["default"] == '["x"]'
    assert fields["key"]["airbyte_secret"] is True
    assert "secret" not in fields["key"]
    assert fields["kind"]["enum"] == ["a", "b"]
    assert fields["kind"]["always_show"] is True
    assert {field["group"] for field in fields.values()} == {"access", "rest"}


@pytest.mark.parametrize("form", [SOURCE, DESTINATION], ids=["source", "destination"])
def test_each_default_is_one_that_its_field_takes(form: Form) -> None:
    """A form that is sent off as it is must be valid; what bounds numbers says nothing of a text."""
    specification = form.specification()
    fields = specification["properties"]
    defaults = {name: field["default"] for name, field in fields.items() if "default" in field}
    assert [str(error) for error in Draft7Validator({**specification, "required": []}).iter_errors(defaults)] == []
    assert [name for name, field in fields.items() if field["type"] == "string" and "minimum" in field] == []


def test_a_setting_without_its_place_is_noticed() -> None:
    """A new setting is put into a group first."""
    with pytest.raises(ValueError, match="store"):
        Form("Thing", DECLARED, FORM.groups).specification()


def test_a_form_becomes_settings() -> None:
    """What is empty counts as unset, defaults are filled in, fields of the platform are its own."""
    found = FORM.settings({"key": "k", "size": None, "rules": "", "names": '["y"]', "__injected": {}})
    assert found == {"key": "k", "size": 10, "kind": "a", "names": ["y"], "dry_run": False}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "API key (key) is missing"),
        ({"key": 5}, "API key (key): must be a text (value not shown)"),
        ({"key": "k", "size": 0}, "Page size (size): 0 is less than the minimum of 1"),
        ({"key": "k", "kind": "c"}, "Kind (kind): 'c' is not one of ['a', 'b']"),
        ({"key": "k", "rules": '{"a": }'}, "Rules (rules): is not JSON (line 1, column 7)"),
        ({"key": "k", "dryrun": True}, "was dry_run meant?"),
        ([], "The configuration is no JSON object"),
        ("text", "The configuration is no JSON object"),
    ],
)
def test_a_wrong_field_is_named_as_the_person_sees_it(values: Any, words: str) -> None:
    """By its title, and by the name that the documentation has."""
    with pytest.raises(InvalidSettings) as failure:
        FORM.settings(values)
    assert words in str(failure.value)


def test_a_secret_in_a_wrong_field_is_masked() -> None:
    """A person pastes the key into the wrong field as well."""
    with pytest.raises(InvalidSettings) as failure:
        FORM.settings({"key": "canary-4711", "kind": "canary-4711"})
    assert "canary" not in str(failure.value)


def test_messages_of_settings_are_put_into_the_words_of_the_form() -> None:
    """The settings' own checks know titles as little as the form knows variables."""
    said = "Setting size: too large; give TAP_MEDIPIM_KEY; Setting other: unknown"
    assert FORM.in_its_words(said) == "Page size (size): too large; give API key (key); Setting other: unknown"


def test_an_address_with_a_password_is_a_secret() -> None:
    """Its password is masked, wherever it appears."""
    redactor = FORM.redactor({"key": "a-key-of-mine", "store": "postgresql://me:geheim99@host/db"})
    assert redactor.clean("a-key-of-mine geheim99 host") == "**** **** host"
    assert json.dumps(FORM.specification()).count("airbyte_secret") == 1
