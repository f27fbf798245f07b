"""check_media_urls: addresses are asked first, only public ones, never with our key.

See docs/api/micropim.md#picture-fetch.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pim_wire.clock import Clock
from target_micropim.api.picture_urls import MOST_REDIRECTS, PictureUrlCheck, is_public_address
from trials.faults.dripper import Dripper

ON = {"check_media_urls": True, "allow_private_media_hosts": True}
Asked = list[tuple[str, str, dict[str, str]]]


class Pictures(BaseHTTPRequestHandler):
    """Answers by the name of the picture."""

    asked: Asked

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.asked.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
        name = self.path.partition("?")[0].removeprefix("/").removesuffix(".jpg")
        times = sum(path == self.path for _method, path, _headers in self.asked)
        statuses = {
            "ok": 200,
            "login": 200,
            "gone": 404,
            "shut": 410,
            "broken": 500,
            "busy": 503 if times == 1 else 200,
        }
        status = statuses.get(name, 302)
        if name in {"signed", "no-head"}:
            status = {"signed": 403, "no-head": 405}[name] if self.command == "HEAD" else 206
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if name == "login" else "image/jpeg")
        self.send_header("Content-Length", "0")
        self.send_header("Set-Cookie", "who=you; Path=/")
        if status == 302:
            places = {"moved": "/ok.jpg", "inside": "http://10.0.0.1/secret.jpg", "by-name": "http://inner.test/x.jpg"}
            self.send_header("Location", places.get(name, self.path + "?"))
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def host() -> Iterator[tuple[str, Asked]]:
    """A host of pictures on loopback: its address, and what it was asked."""
    asked: Asked = []
    handler = type("Handler", (Pictures,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def with_pictures(singer: Any, *urls: str, **fields: Any) -> list[bytes]:
    """A product with pictures at these addresses."""
    photos = [singer.picture(number, formats={"huge": url}) for number, url in enumerate(urls, 1)]
    return singer.lines(products=[singer.product(1, photos=photos, **fields)])


def test_off_by_default(world: Any, singer: Any, host: tuple[str, Asked]) -> None:
    """Nobody asks; MicroPIM gets the address."""
    world.load(with_pictures(singer, f"{host[0]}/gone.jpg"), allow_private_media_hosts=True)
    assert host[1] == []
    assert len(world.pim.products[90001]["_media"]) == 1


def test_what_cannot_be_fetched_is_listed_and_what_can_is_sent(
    world: Any, singer: Any, host: tuple[str, Asked]
) -> None:
    """One row for each, in words; the product and its other pictures go in."""
    base, asked = host
    names = ("gone", "ok", "login", "busy", "broken", "moved", "loop", "signed", "no-head")
    outcome = world.load(with_pictures(singer, *(f"{base}/{name}.jpg" for name in names)), **ON)
    assert [row["what"].partition(" address ")[2] for row in outcome.report["manual_actions"]] == [
        "answers 404; it is tried again when the product comes",
        "leads to a web page, not to a picture; it is tried again when the product comes",
        "answers 500; it is tried again when the product comes",
        "leads on more than 3 times; it is tried again when the product comes",
    ]
    sent = [item["file_url"].rpartition("/")[2] for item in world.pim.products[90001]["_media"]]
    assert sent == ["ok.jpg", "busy.jpg", "moved.jpg", "signed.jpg", "no-head.jpg"]
    assert [item["position"] for item in world.pim.products[90001]["_media"]] == [0, 1, 2, 3, 4]
    assert outcome.report["pictures"] == {"unreachable": 4, "sent": 5}
    assert outcome.rejects == []
    assert not any({"x-api-key", "authorization", "cookie"} & headers.keys() for _method, _path, headers in asked)
    assert sum(path.startswith("/loop") for _method, path, _headers in asked) == MOST_REDIRECTS + 1


def test_it_is_tried_again_when_the_same_record_comes(world: Any, singer: Any) -> None:
    """The host was down: an unchanged record counts as unchanged only when its pictures were tried."""
    given = with_pictures(singer, "http://127.0.0.1:9/1.jpg")
    outcome = world.load(given, **ON)
    assert "its address does not answer" in outcome.report["manual_actions"][0]["what"]
    world.load(given, **{**ON, "check_media_urls": False})
    assert len(world.pim.products[90001]["_media"]) == 1
    world.forget_requests()
    world.load(given, **ON)
    assert world.writes() == []


def test_a_plan_asks_too_and_keeps_the_picture_out(world: Any, singer: Any, host: tuple[str, Asked]) -> None:
    """What a run would not send is not in its plan."""
    outcome = world.load(with_pictures(singer, f"{host[0]}/gone.jpg"), dry_run=True, **ON)
    assert outcome.report["pictures"] == {"unreachable": 1}
    assert '"pictures":[]' in (outcome.folder / "plan.jsonl").read_text()


@pytest.fixture
def resolved(monkeypatch: Any) -> dict[str, str]:
    """Names of this test and the addresses they resolve to."""
    names: dict[str, str] = {}
    real = socket.getaddrinfo

    def answer(host: Any, *args: Any, **kwargs: Any) -> Any:
        return real(names.get(host, host), *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return names


@pytest.fixture
def reach(fake_clock: Any) -> Callable[..., PictureUrlCheck]:
    """Somebody who asks."""

    def make(may_connect: Callable[[str], bool] = is_public_address) -> PictureUrlCheck:
        return PictureUrlCheck(fake_clock, "test", 5, allow_private=False, may_connect=may_connect)

    return make


def test_a_name_that_leads_inside_is_never_connected_to(
    host: tuple[str, Asked], resolved: dict[str, str], reach: Callable[..., PictureUrlCheck]
) -> None:
    """The address looks public, the name is ours: no connection, no word of what is there."""
    resolved["media.example.test"] = "127.0.0.1"
    port = host[0].rpartition(":")[2]
    assert reach().problem_with(f"http://media.example.test:{port}/ok.jpg") == "does not answer"
    assert host[1] == []


def test_a_name_that_changes_in_between_is_found_out(
    host: tuple[str, Asked], resolved: dict[str, str], reach: Callable[..., PictureUrlCheck]
) -> None:
    """Public when it is looked up, inside when it is connected to: cut before a byte is sent."""
    resolved["media.example.test"] = "127.0.0.1"
    verdicts = iter([True, False] * 4)
    port = host[0].rpartition(":")[2]
    asker = reach(lambda _address: next(verdicts))
    assert asker.problem_with(f"http://media.example.test:{port}/ok.jpg") == "does not answer"
    assert host[1] == []


@pytest.mark.parametrize(
    ("url", "trouble"),
    [
        ("https://nowhere.test/1.jpg", "does not answer"),
        (f"http://{'a' * 70}.test/1.jpg", "leads to an address that is not public"),
    ],
)
def test_a_name_that_is_none_is_a_trouble_like_any_other(
    reach: Callable[..., PictureUrlCheck], url: str, trouble: str
) -> None:
    """And not the end of the run."""
    assert reach().problem_with(url) == trouble


@pytest.mark.parametrize(
    ("name", "trouble"),
    [("inside", "leads to an address that is not public"), ("by-name", "does not answer"), ("moved", None)],
)
def test_a_redirect_is_judged_like_an_address(
    host: tuple[str, Asked],
    resolved: dict[str, str],
    reach: Callable[..., PictureUrlCheck],
    name: str,
    trouble: str | None,
) -> None:
    """By what it says and by what its name resolves to."""
    resolved |= {"media.example.test": "127.0.0.1", "inner.test": "10.0.0.1"}
    port = host[0].rpartition(":")[2]
    asker = reach(lambda address: address == "127.0.0.1")
    assert asker.problem_with(f"http://media.example.test:{port}/{name}.jpg") == trouble


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("127.0.0.1", False), ("10.1.2.3", False), ("169.254.169.254", False), ("::1", False),
        ("fe80::1%eth0", False), ("::ffff:10.0.0.1", False), ("2606:4700::1111", True), ("100.64.0.1", False),
    ],
)  # fmt: skip
def test_public_addresses(address: str, public: bool) -> None:
    """What anybody could reach, and nothing else."""
    assert is_public_address(address) is public


def test_a_host_that_drips_does_not_hold_the_run() -> None:
    """A byte of a header within each timeout, for ever: it counts as a host that does not answer."""

    class Hasty(Clock):
        """A second on with each look."""

        passed = 0.0

        def now(self) -> float:
            self.passed += 1.0
            return self.passed

        def sleep(self, seconds: float) -> None:
            self.passed += seconds

    dripper = Dripper(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nX-Long: ", b"x")
    reach = PictureUrlCheck(Hasty(), "tests/1", 5, allow_private=True, may_connect=is_public_address)
    try:
        assert reach.problem_with(f"{dripper.url}/1.jpg") == "does not answer"
    finally:
        reach._session.close()
        dripper.close()


def test_it_has_a_pace_of_its_own(
    host: tuple[str, Asked], resolved: dict[str, str], reach: Callable[..., PictureUrlCheck], fake_clock: Any
) -> None:
    """120 questions a minute at most, whatever MicroPIM allows."""
    resolved["media.example.test"] = "127.0.0.1"
    port, asker, began = host[0].rpartition(":")[2], reach(lambda _address: True), fake_clock.now()
    for _ in range(121):
        asker.problem_with(f"http://media.example.test:{port}/ok.jpg")
    assert len(host[1]) == 121
    assert fake_clock.now() - began >= 60


# At the end of the run


def shown_of(outcome: Any) -> list[str]:
    """What the report says about pictures that do not show."""
    return [row["what"] for row in outcome.report["manual_actions"] if row["what"].startswith("shows")]


def looks_after_the_last_write(world: Any) -> list[str]:
    """The products that were read one by one when everything had been sent."""
    requests = world.pim.requests
    last = max(number for number, record in enumerate(requests) if record.method != "GET")
    return [r.path for r in requests[last:] if r.method == "GET" and r.path.startswith("/api/products/9")]


@pytest.mark.parametrize(("media", "told"), [("sync", 0), ("async", 1), ("never", 1)])
@pytest.mark.parametrize("wrapped", [True, False])
def test_an_accepted_picture_that_does_not_show_is_told_in_the_same_run(
    make_world: Any, singer: Any, media: str, told: int, *, wrapped: bool
) -> None:
    """One read for each product that got pictures, none for the others, and none again in the next run."""
    world = make_world(media=media, media_reads=9, wrap_product=wrapped)
    products = [singer.product(1, photos=[singer.picture(1), singer.picture(2)]), singer.product(2)]
    outcome = world.load(singer.lines(products=products), max_in_flight=1)
    assert len(shown_of(outcome)) == told
    assert all("shows 0 of 2 pictures that MicroPIM accepted" in what for what in shown_of(outcome))
    assert looks_after_the_last_write(world).count("/api/products/90001") == 1
    world.forget_requests()
    assert shown_of(world.load(singer.lines(products=products))) == []
    assert not [r for r in world.pim.requests if r.path.startswith("/api/products")]


@pytest.mark.parametrize("order", ["id", "random"])
def test_many_products_are_looked_at_in_the_list(make_world: Any, singer: Any, order: str) -> None:
    """Two pages instead of 120 questions; what the pages did not show is asked for singly."""
    world = make_world(media="never", order=order)
    products = [singer.product(number, photos=[singer.picture(number)]) for number in range(1, 121)]
    outcome = world.load(singer.lines(products=products))
    assert len(shown_of(outcome)) == 120
    assert (len(looks_after_the_last_write(world)) <= 1) is (order == "id")


def test_a_stopped_run_leaves_the_look_to_the_next(make_world: Any, singer: Any) -> None:
    """Stopped in the middle of its look: everything is settled, the rest is looked at the next night."""
    world = make_world(media="never")
    products = [singer.product(number, photos=[singer.picture(number)]) for number in (1, 2, 3)]

    def stop(call: Any) -> None:
        pictures = sum(record.path.endswith("/media") for record in world.pim.requests)
        if pictures == len(products) and call.method == "GET" and call.path == "/api/products/90001":
            world.clock.stop()

    world.pim.on_request(stop)
    first = world.run(singer.lines(products=products), max_in_flight=1)
    assert first.states == [{"bookmarks": {"products": {"at": 3}}}]
    world.pim._before.clear()
    second = world.load(singer.lines(products=products))
    assert len(shown_of(first)) + len(shown_of(second)) == 3
    assert shown_of(second)


@pytest.mark.parametrize("status", [404, 500])
def test_a_look_that_fails_costs_nothing(make_world: Any, singer: Any, status: int) -> None:
    """The product is gone, or MicroPIM does not answer: the run has done its work and ends well."""
    from sandbox.faults import Fault  # noqa: PLC0415

    world = make_world()
    world.pim.faults.add(Fault("status", "GET /api/products/{id}$", times=None, status=status))
    outcome = world.load(singer.lines(products=[singer.product(1, photos=[singer.picture(1)])]))
    assert outcome.report["complete"]
    assert shown_of(outcome) == []
