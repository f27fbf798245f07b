"""The settings about texts, in every form in which they can be given: YAML, JSON text, words between commas."""

import json
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from target_micropim.mapping.description_parts import DescriptionParts
from target_micropim.settings.shaping import rules_of
from target_micropim.settings.values import TargetSettings
from target_micropim.target import TargetMicroPim

USAGE = {"type": "usage", "heading": {"nl": "Zo"}}


def read(monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], **variables: str) -> TargetSettings:
    """The settings of a config, or of variables as Meltano gives them; checked by the plugin first."""
    monkeypatch.setenv("TARGET_MICROPIM_API_KEY", "key")
    for name, text in variables.items():
        monkeypatch.setenv(f"TARGET_MICROPIM_{name.upper()}", text)
    target = TargetMicroPim(config=config, parse_env_config=True, validate_config=True)
    return TargetSettings.read(target.config, ())


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (["usage", "indication"], DescriptionParts(("usage", "indication"))),
        ([USAGE, "indication"], DescriptionParts(("usage", "indication"), {"usage": {"nl": "Zo"}})),
        ({"headings": False}, DescriptionParts(has_headings=False)),
        ({"parts": [USAGE]}, DescriptionParts(("usage",), {"usage": {"nl": "Zo"}})),
        ([], DescriptionParts()),
    ],
)
def test_parts_as_yaml_and_as_json_text(monkeypatch: pytest.MonkeyPatch, value: Any, parts: DescriptionParts) -> None:
    """The same in a file, in a file as text, and in a variable; and they reach the mapping."""
    as_text = json.dumps(value)
    found = [
        read(monkeypatch, {"description_parts": value}),
        read(monkeypatch, {"description_parts": as_text}),
        read(monkeypatch, {}, description_parts=as_text),
    ]
    assert [settings.description_parts for settings in found] == [parts] * 3
    assert rules_of(found[0]).for_fields.parts == parts


def test_lists_between_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """As other lists; blank ones are the default."""
    settings = read(monkeypatch, {}, description_parts="usage, indication", text_target_groups="pharmacist,doctor")
    assert settings.description_parts == DescriptionParts(("usage", "indication"))
    assert rules_of(settings).for_fields.groups == {"pharmacist", "doctor"}
    assert read(monkeypatch, {}, description_parts="").description_parts == DescriptionParts()


@pytest.mark.parametrize(
    ("formats", "said"),
    [("huge,hugeWebp,largePng", ""), ("frontalXl", "frontalXl was never seen"), ("[]", "is empty")],
)
def test_formats_that_nobody_has_seen_are_told(monkeypatch: pytest.MonkeyPatch, formats: str, said: str) -> None:
    """Names differ by item and market, so they may be right; and only where Medipim's pictures go."""
    (what,) = read(monkeypatch, {}, media_formats=formats).remarks or ("",)
    assert said in what
    assert bool(what) == bool(said)
    assert read(monkeypatch, {"media_mode": "off"}, media_formats=formats).remarks == ()


@pytest.mark.parametrize("name", ["hugejpg", "Huge", "largeWebP", "medium_jpeg", "huge_webp", "larg"])
def test_a_misspelt_format_is_refused_at_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With the one that may be meant."""
    with pytest.raises(ConfigValidationError) as refused:
        read(monkeypatch, {"media_formats": ["huge", name]})
    assert f"media_formats: {name} is no format; is" in str(refused.value.errors)


def test_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """For consumers; every type but keywords."""
    rules = rules_of(read(monkeypatch, {})).for_fields
    assert (rules.groups, rules.parts, rules.limits.short) == ({"public", "webshop"}, DescriptionParts(), 500)
    assert rules_of(read(monkeypatch, {"text_target_groups": []})).for_fields.groups == frozenset()


@pytest.mark.parametrize("written", ["nl", "NL", "Nl", "nl_BE", "nl-BE", "NL-be", " nl ", "nl_Latn_BE"])
def test_a_language_in_other_letters(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    """One way to mean it; a region is none of Medipim's."""
    assert read(monkeypatch, {}, locale=written, fallback_locales="FR, en_GB").locales == ("nl", "fr", "en")


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("description_parts", '["usagee"]', "Setting description_parts: usagee is no type of description; is usage"),
        ("description_parts", '["usage"', "Setting description_parts: "),
        ("description_parts", "usage,usage", "usage stands there twice"),
        ("description_parts", '{"headings": 1}', "headings must be true or false"),
        ("description_parts", "{", "Setting description_parts: is no JSON text"),
        ("channel_rules", "web", "Setting channel_rules: is no JSON text"),
        ("locale", "xx", "Setting locale: 'xx' is no language: give two letters, like nl"),
        ("locale", "dutch", "Setting locale: 'dutch' is no language: give two letters, like nl"),
        ("locale", '"nl"', "Setting locale: '\"nl\"' is no language: give two letters, like nl"),
        ("fallback_locales", "fr,zz", "Setting fallback_locales: 'zz' is no language: give two letters, like nl"),
        ("text_target_groups", "pharmacists", "Setting text_target_groups: pharmacists is none of public, pharmacist"),
    ],
)
def test_a_mistake_stops_at_start(monkeypatch: pytest.MonkeyPatch, setting: str, value: str, problem: str) -> None:
    """Before the first request."""
    monkeypatch.setenv("TARGET_MICROPIM_API_KEY", "key")
    monkeypatch.setenv(f"TARGET_MICROPIM_{setting.upper()}", value)
    errors = TargetMicroPim(parse_env_config=True, validate_config=False)._validate_config(raise_errors=False)
    assert any(problem in error for error in errors), errors
