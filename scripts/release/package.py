"""``make package``: wheel and sdist as a release makes them, then the wheel tried where no checkout is in reach.

Checks that every schema is in both and the pages of ``--docs`` are in the wheel, installs the wheel into an empty
environment in a temporary folder, and runs ``--about``, ``--docs``, ``--discover`` and one small pipe from there
against the sandbox; then ``uv tool install`` and ``pipx install``, and the README's own way from the sdist. The SBOM
lies beside the wheel.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from packaging.utils import canonicalize_name

from pim_wire.docs_site import ERRORS, docs_page
from pim_wire.pages import sections
from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from scripts.release.locked import applies, pins
from scripts.release.sbom import runtime, sbom_path, write_sbom

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
PRODUCTS = 25
PACKAGES = ("pim_wire", "pim_airbyte", "tap_medipim", "target_micropim", "micropim_fleet")
CONNECTORS = ("source-medipim", "destination-micropim")  # Airbyte's side of the same installation
WITH_THE_SOURCES = ("LICENSE", "README.md", "CHANGELOG.md", "Makefile", "meltano.yml", "sandbox/pages/base.html")


def main() -> int:
    """Build, compare, install, run."""
    shutil.rmtree(DIST, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(DIST), str(ROOT)], check=True)
    wheel, sdist = next(DIST.glob("*.whl")), next(DIST.glob("*.tar.gz"))
    compare(wheel, sdist)
    with tempfile.TemporaryDirectory(prefix="wheel-trial-") as place:
        bin_dir = install(wheel, Path(place))
        try_plugins(bin_dir, Path(place))
        list_parts(Path(place) / "locked")
        try_installers(wheel, Path(place))
        follow_readme(sdist, Path(place))
    print(f"package: {wheel.name} and {sdist.name} are complete and run outside the checkout; {sbom_path().name}")
    return 0


def compare(wheel: Path, sdist: Path) -> None:
    """Both hold exactly the schemas, pages and py.typed marks that the checkout has; the wheel holds no sandbox."""
    schemas = {str(path.relative_to(ROOT / "schemas")) for path in (ROOT / "schemas").rglob("*.json")}
    packed = set(zipfile.ZipFile(wheel).namelist())
    in_wheel = {name.removeprefix("pim_wire/_schemas/") for name in packed if name.startswith("pim_wire/_schemas/")}
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    in_sdist = {
        name.removeprefix("schemas/") for name in names if name.startswith("schemas/") and name.endswith(".json")
    }
    expect(in_wheel == schemas, f"schemas of the wheel differ: {in_wheel ^ schemas}")
    expect(in_sdist == schemas, f"schemas of the sdist differ: {in_sdist ^ schemas}")
    compare_pages(wheel, names)
    for held, what in ((packed, "wheel"), (names, "sdist")):
        missing = modules() - held
        expect(not missing, f"modules missing in the {what}: {missing}")
    missing = set(WITH_THE_SOURCES) - names
    expect(not missing, f"missing in the sdist: {missing}")
    for package in PACKAGES:
        expect(f"{package}/py.typed" in packed, f"{package}/py.typed is missing")
    strangers = {name.split("/")[0] for name in packed} - {*PACKAGES}
    expect(all(name.endswith(".dist-info") for name in strangers), f"the wheel claims other names: {strangers}")


def compare_pages(wheel: Path, in_sdist: set[str]) -> None:
    """The wheel holds the pages of ``--docs`` as they are in docs/, and the sdist what a wheel is made of."""
    with zipfile.ZipFile(wheel) as archive:
        pages = {name for name in archive.namelist() if name.startswith("pim_wire/_docs/")}
        places = {page: f"docs/{page.removeprefix('pim_wire/_docs/')}" for page in pages}
        others = [place for page, place in places.items() if archive.read(page) != (ROOT / place).read_bytes()]
    expect("docs/errors.md" in places.values(), "the wheel has no page of errors")
    expect(not others, f"pages of the wheel differ: {others}")
    missing = set(places.values()) - in_sdist
    expect(not missing, f"missing in the sdist: {missing}")


def modules() -> set[str]:
    """Every module that a user needs, with the templates of the pages and their words."""
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*.*"))
    return {str(path.relative_to(ROOT)) for path in files if path.suffix in {".py", ".html", ".css", ".po", ".sql"}}


def install(wheel: Path, place: Path) -> Path:
    """An environment with nothing but the wheel and its dependencies; where its executables are."""
    uv = Path(sys.executable).with_name("uv")
    python = place / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place / "venv")], check=True)
    limits = ["--constraints", str(ROOT / "requirements" / "run.txt")]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *limits, str(wheel)], check=True)
    return python.parent


def try_installers(wheel: Path, place: Path) -> None:
    """``uv tool install`` and ``pipx install``: both executables are there, and start."""
    uv = str(Path(sys.executable).with_name("uv"))
    homes = {"UV_TOOL_DIR": "uv", "UV_TOOL_BIN_DIR": "uv-bin", "PIPX_HOME": "pipx", "PIPX_BIN_DIR": "pipx-bin"}
    env = {**os.environ, **{name: str(place / folder) for name, folder in homes.items()}}
    pipx = [uv, "tool", "run", "--quiet", "pipx"]
    tools = {"uv-bin": [uv, "tool", "install"], "pipx-bin": [*pipx, "install"]}
    if subprocess.run([*pipx, "--version"], env=env, capture_output=True, check=False).returncode:
        print("package: pipx could not be had, and was not tried")
        del tools["pipx-bin"]
    for folder, command in tools.items():
        output([*command, "--quiet", "--python", sys.executable, str(wheel)], place, env)
        for plugin in ("tap-medipim", "target-micropim"):
            output([place / folder / plugin, "--version"], place, env)


def follow_readme(sdist: Path, place: Path) -> None:
    """The commands under "Install" of the README, in the sources as somebody unpacks them: Meltano installs both."""
    with tarfile.open(sdist) as archive:
        archive.extractall(place, filter="data")
    folder = place / sdist.name.removesuffix(".tar.gz")
    (block,) = re.findall(r"```bash\n(python3 -m venv .*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    (place / "python3").symlink_to(sys.executable)
    env = {**os.environ, "HOME": str(place), "PATH": f"{place}{os.pathsep}{os.environ['PATH']}"}
    output(["bash", "-ec", block], folder, env)
    for plugin in ("tap-medipim", "target-micropim"):
        output([folder / ".venv" / "bin" / "meltano", "invoke", plugin, "--version"], folder, env)


def list_parts(place: Path) -> None:
    """The SBOM beside the wheel, of exactly what is locked for it."""
    write_sbom(runtime(place), sbom_path())
    listed = {canonicalize_name(part["name"]) for part in json.loads(sbom_path().read_text())["components"]}
    locked = {name for name, pin in pins("run.txt").items() if applies(pin)}
    expect(listed == locked, f"the SBOM and requirements/run.txt differ: {listed ^ locked}")


def try_plugins(bin_dir: Path, place: Path) -> None:
    """What a user does first, from a folder that is no checkout."""
    env = {"PATH": os.environ["PATH"], "HOME": str(place)}
    for plugin in ("tap-medipim", "target-micropim"):
        about = json.loads(output([bin_dir / plugin, "--about", "--format=json"], place, env))
        expect(
            about["name"] == plugin and about["version"] in str(next(DIST.glob("*.whl"))), f"{plugin} --about: {about}"
        )
        try_docs(bin_dir / plugin, place, env)
    for connector in CONNECTORS:
        spec = json.loads(output([bin_dir / connector, "spec"], place, env))
        expect("connectionSpecification" in spec["spec"], f"{connector} spec: {spec}")
    schema = json.loads(output([bin_dir / "micropim-fleet", "check", "--schema"], place, env))
    expect("shops" in schema["properties"], "micropim-fleet check --schema: no shops")
    catalog = json.loads(output([bin_dir / "tap-medipim", "--discover"], place, env))
    expect("products" in {stream["tap_stream_id"] for stream in catalog["streams"]}, "--discover: no products")
    with Sandbox(
        MedipimOptions(products=PRODUCTS, requests_per_minute=None), MicroPimOptions(writes_per_minute=None)
    ) as box:
        pipe(box, bin_dir, place, env)
        made = len(box.micropim.products)
    expect(0 < made <= PRODUCTS, f"the pipe made {made} products")


def try_docs(plugin: Path, place: Path, env: dict[str, str]) -> None:
    """The pages that messages name came along: all are listed, and one is shown by the address of a message."""
    listed = output([plugin, "--docs"], place, env).decode()
    missing = [one for one in [*sections(ERRORS), "how-to/undo"] if one not in listed]
    expect(not missing, f"{plugin.name} --docs lacks {missing}")
    shown = output([plugin, "--docs", docs_page(ERRORS, "key-not-accepted")], place, env).decode()
    expect(shown.startswith("Key not accepted\n") and "api_key" in shown, f"{plugin.name} --docs shows: {shown[:200]}")


def pipe(box: Sandbox, bin_dir: Path, place: Path, env: dict[str, str]) -> None:
    """``tap-medipim | target-micropim``."""
    tap = {"api_url": box.medipim_url, "api_key_id": "1", "api_key_secret": box.medipim.options.api_key_secret}
    target = {
        "api_url": box.micropim_url,
        "api_key": box.micropim.options.api_key,
        "locale": "nl",
        "writes_per_minute": 6000,
    }
    (place / "tap.json").write_text(json.dumps({**tap, "requests_per_minute": 6000}), encoding="utf-8")
    (place / "target.json").write_text(json.dumps(target), encoding="utf-8")
    singer = output([bin_dir / "tap-medipim", "--config", "tap.json"], place, env)
    (place / "in.jsonl").write_bytes(singer)
    state = output([bin_dir / "target-micropim", "--config", "target.json", "--input", "in.jsonl"], place, env)
    expect(b"bookmarks" in state, "the pipe wrote no state")


def output(command: list[Path | str], place: Path, env: dict[str, str]) -> bytes:
    """What a command prints; its log is shown only when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=place, env=env, capture_output=True, check=False)
    expect(done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    return done.stdout


def expect(condition: bool, complaint: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Stop with a sentence unless the condition holds."""
    if not condition:
        raise SystemExit(f"package: {complaint}")


if __name__ == "__main__":
    sys.exit(main())
