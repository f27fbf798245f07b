"""Who may import whom: one record, one road, nothing calls backwards. Each rule names every file that breaks it."""

import ast
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pim_wire", "pim_airbyte", "tap_medipim", "target_micropim")
# Pure: a clock, a file, the network or a framework is none of their business. The packages they may use beside the
# standard library.
PURE = {
    "tap_medipim/records.py": set(),
    "tap_medipim/drift.py": set(),
    "tap_medipim/catalog_file.py": {"pim_wire"},
    "tap_medipim/conform.py": {"tap_medipim", "pim_wire"},
    "tap_medipim/scalars.py": {"pim_wire"},
    "tap_medipim/schema_types.py": set(),
    "tap_medipim/selection.py": set(),
    "tap_medipim/spellings.py": {"tap_medipim", "pim_wire"},
    "tap_medipim/localized.py": {"tap_medipim"},
    "tap_medipim/v3.py": {"tap_medipim"},
    "tap_medipim/bookmark.py": {"tap_medipim"},
    "tap_medipim/bookmark_state.py": {"tap_medipim"},
    "tap_medipim/high_water_mark.py": {"tap_medipim"},
    "tap_medipim/spans.py": set(),
    "tap_medipim/bad_rows.py": {"tap_medipim", "orjson"},
    "target_micropim/api/tree.py": {"target_micropim"},
    "target_micropim/dry_run/tree.py": {"target_micropim"},
}
PURE_FOLDERS = ("target_micropim/plan", "target_micropim/mapping")
NEEDS_A_LIBRARY = {"target_micropim/mapping/html.py"}  # cleans HTML with nh3
IMPURE_STANDARD_MODULES = {"time", "os", "pathlib", "socket", "subprocess", "threading", "logging", "sqlite3", "random"}
WITH_THE_SDK = {
    "pim_wire/config.py",
    "pim_wire/cli.py",
    "tap_medipim/tap.py",
    "tap_medipim/streams.py",
    "tap_medipim/declared_stream.py",
    "tap_medipim/mapped.py",
    "tap_medipim/settings.py",
    "tap_medipim/writer.py",
    "tap_medipim/airbyte/writer.py",
    "target_micropim/target.py",
    "target_micropim/sinks.py",
    "target_micropim/mapped.py",
    "target_micropim/settings/schema.py",
    "target_micropim/settings/content.py",
    "target_micropim/reader.py",
}
# The target's rooms from the top; an arrow only goes down. Rooms on one line know nothing of each other.
LAYERS = (
    {"__main__"},
    {"target", "airbyte"},
    {"commands"},
    {"host"},
    {"run"},
    {"pipeline"},
    {"sync"},
    {"catalog"},
    {"connection", "services", "dry_run", "sinks", "reader", "mapped"},
    {"throttles"},
    {"settings", "api", "lines"},
    {"mapping", "ledger", "report"},
    {"plan"},
    {"errors"},
)
SEES_SERVICES = ("target_micropim/sync/", "target_micropim/catalog/", "target_micropim/pipeline.py")
TALKS_SQL = ("target_micropim/ledger/", "pim_wire/pace_stores.py")
POSTS = {"create_product", "add_media", "create_category", "create_attribute"}
WIRE_MODULES = {
    "__init__", "auto_pace", "checked_settings", "cli", "clock", "config", "connections", "deadline", "docs_site",
    "env_file", "errors", "exact_json", "limits", "name_lookup", "pace", "pace_stores", "pages", "plain_text",
    "redaction", "retry", "schema_copies", "schema_files", "session", "settings_json", "startup", "stdout",
    "stray_settings", "throttle", "timeline", "urls", "wire",
}  # fmt: skip


def sources(*folders: str) -> list[str]:
    """Python files of folders, relative to the checkout."""
    return sorted(str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def parsed(file: str) -> ast.Module:
    """A file of the checkout."""
    return ast.parse(read(file))


def read(file: str) -> str:
    """The text of a file of the checkout."""
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def imported(file: str) -> frozenset[str]:
    """Full names of the modules a file imports, for types only and within functions included."""
    found: set[str] = set()
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            found.add(node.module or "")
    return frozenset(found)


def tops(file: str) -> set[str]:
    """Top-level names of what a file imports."""
    return {name.split(".")[0] for name in imported(file)}


def test_tap_and_target_do_not_know_each_other() -> None:
    """They share schema files, never code."""
    assert not [file for file in sources("tap_medipim") if tops(file) & {"target_micropim", "sandbox"}]
    assert not [file for file in sources("target_micropim") if tops(file) & {"tap_medipim", "sandbox"}]


def test_what_is_shared_knows_neither_plugin() -> None:
    """A bug shared by plugin and sandbox would agree with itself."""
    ours = {*PACKAGES, "sandbox"}
    assert not [file for file in sources("pim_wire") if tops(file) & (ours - {"pim_wire"})]
    assert not [file for file in sources("pim_airbyte") if tops(file) & (ours - {"pim_wire", "pim_airbyte"})]
    assert not [file for file in sources("sandbox") if tops(file) & (ours - {"sandbox"})]


def test_the_fleet_knows_files_reports_and_executables() -> None:
    """Neither plugin, no framework: it is a host of hosts. Each library that is not everybody's has one place."""
    files = sources("micropim_fleet")
    strange = {"tap_medipim", "target_micropim", "sandbox", "singer_sdk", "meltano", "sqlalchemy", "requests"}
    assert [file for file in files if tops(file) & strange] == []
    owners = {
        "psycopg": "store",
        "subprocess": "run",
        "apprise": "notice",
        "dagster": "dagster_definitions",
        "jinja2": "page",
    }
    wrong = [
        f"{file}: {name}"
        for file in files
        for name, owner in owners.items()
        if name in tops(file) and Path(file).stem != owner
    ]
    assert wrong == []
    assert [file for file in sources(*PACKAGES, "sandbox") if "micropim_fleet" in tops(file)] == []


def room(file: str) -> str:
    """The room of a file of the target."""
    return file.split("/")[1].removesuffix(".py")


def test_every_room_of_the_target_has_its_place() -> None:
    """A new room is put into the order first."""
    assert {room(file) for file in sources("target_micropim")} - {"__init__"} == set.union(*LAYERS)


def test_no_room_of_the_target_uses_what_stands_above_or_beside_it() -> None:
    """One record, one road."""
    wrong = {file: sorted(backwards(room(file), imported(file))) for file in sources("target_micropim")}
    assert {file: rooms for file, rooms in wrong.items() if rooms} == {}


def backwards(own: str, names: frozenset[str]) -> set[str]:
    """The rooms among imported modules that a room must not use."""
    depth = next((depth for depth, rooms in enumerate(LAYERS) if own in rooms), 0)
    allowed = {own}.union(*LAYERS[depth + 1 :])
    return {name.split(".")[1] for name in names if name.startswith("target_micropim.")} - allowed


def test_an_arrow_that_goes_up_or_sideways_is_noticed() -> None:
    """The rule above can fail."""
    assert backwards("catalog", frozenset({"target_micropim.sync.write", "target_micropim.api.client"})) == {"sync"}
    assert backwards("ledger", frozenset({"target_micropim.report.rejects"})) == {"report"}


def test_only_the_road_sees_the_services() -> None:
    """Who has the services can do anything; run.py makes them."""
    seen_by = {file for file in sources("target_micropim") if "target_micropim.services" in imported(file)}
    assert not {file for file in seen_by if not file.startswith(SEES_SERVICES)} - {"target_micropim/run.py"}


def test_a_dry_run_differs_in_its_client_and_its_ledger_alone() -> None:
    """The setting is read where the run is wired, and where the end of a run would look at pictures that were sent."""
    wired_by = {file for file in sources("target_micropim") if "target_micropim.dry_run.client" in imported(file)}
    asked_by = {file for file in sources("target_micropim") if reads_setting(parsed(file), "dry_run")}
    assert wired_by == {"target_micropim/run.py"}
    assert asked_by == {"target_micropim/run.py", "target_micropim/pipeline.py"}


def reads_setting(module: ast.Module, name: str) -> bool:
    """Whether ``settings.<name>`` or ``_settings.<name>`` is looked up."""
    lookups = (node for node in ast.walk(module) if isinstance(node, ast.Attribute) and node.attr == name)
    return any(ast.unparse(node.value).split(".")[-1] in {"settings", "_settings"} for node in lookups)


def test_every_post_goes_through_post_once() -> None:
    """MicroPIM has no idempotency key: what makes something is called in a function that is handed to ``post_once``."""
    files = sources("target_micropim/sync", "target_micropim/catalog")
    bare = [f"{file}: {name}" for file in files for name in bare_posts(parsed(file))]
    assert bare == ["target_micropim/sync/create.py: _posted"]  # its end is waited for when the input has ended


def bare_posts(module: ast.Module) -> list[str]:
    """Functions that make something in their own body, and are not the ``post`` of a function around them."""
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef) and node.name != "post"]
    return [function.name for function in functions if any(map(is_post, own_nodes(function)))]


def own_nodes(function: ast.FunctionDef) -> list[ast.AST]:
    """What stands in a function itself, without the functions within it."""
    found: list[ast.AST] = []
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            found.append(node)
            todo += ast.iter_child_nodes(node)
    return found


def is_post(node: ast.AST) -> bool:
    """Whether this calls a verb of the client that makes something."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in POSTS


def test_a_post_outside_of_post_once_is_noticed() -> None:
    """The rule above can fail."""
    assert bare_posts(ast.parse("def make(client):\n    return client.create_product({})")) == ["make"]
    assert bare_posts(ast.parse("def make(once, c):\n    return once.post(lambda: c.create_product({}))")) == []


def test_the_shared_package_is_a_closed_list() -> None:
    """Shared packages attract clutter: a new module here needs a reason, and this test."""
    assert {Path(file).stem for file in sources("pim_wire")} == WIRE_MODULES


def test_pure_modules_import_the_standard_library_only() -> None:
    """Mapping and planning know no clock, file, network or framework."""
    rules = {file: {"target_micropim"} for file in sources(*PURE_FOLDERS) if file not in NEEDS_A_LIBRARY} | PURE
    assert [file for file, ours in rules.items() if not tops(file) - ours <= set(sys.stdlib_module_names)] == []
    assert [file for file in rules if tops(file) & IMPURE_STANDARD_MODULES] == []


def test_the_sdk_stays_at_the_edge() -> None:
    """The same engine must serve other hosts."""
    assert {file for file in sources(*PACKAGES) if "singer_sdk" in tops(file)} <= WITH_THE_SDK


def test_only_the_hosts_of_airbyte_speak_its_protocol() -> None:
    """Its models are imported where its messages are made."""
    speakers = {file for file in sources(*PACKAGES) if tops(file) & {"airbyte_protocol_dataclasses", "pim_airbyte"}}
    assert not [file for file in speakers if "/airbyte" not in file and not file.startswith("pim_airbyte/")]


def test_only_the_wire_waits_and_retries() -> None:
    """One owner each for waiting and retrying."""
    files = sources("tap_medipim", "target_micropim")
    assert [file for file in files if "backoff" in tops(file) or ".sleep(" in read(file)] == []


def test_only_the_ledger_and_the_shared_pace_talk_sql() -> None:
    """One owner for each kind of table."""
    others = [file for file in sources(*PACKAGES) if "sqlalchemy" in tops(file) and not file.startswith(TALKS_SQL)]
    assert others == ["pim_wire/urls.py"]  # parses a database's URL, without a connection
    names = {name for name in imported("pim_wire/urls.py") if name.startswith("sqlalchemy")}
    assert names == {"sqlalchemy.engine.url", "sqlalchemy.exc"}
