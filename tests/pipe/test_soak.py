"""The long proof in its short form: three nights with trouble, one process fed for a while, and a verdict that bites.

``make soak`` runs the same for minutes or hours, with a large stream and a large ledger.
"""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from trials.soak.nights import Night, Nights
from trials.soak.pair import Ran
from trials.soak.steady import steady
from trials.soak.verdicts import is_flat, of_nights, of_steady
from trials.soak.watched import Sample

CALM = Sample(rss_mb=80, peak_mb=80, files=8, threads=6)
GOOD = Night(2, 1, 10, 0, 1, 0, Ran((0, 0), CALM, CALM, 1000, (1, 1)), as_it_should_be=True)


@pytest.mark.timeout(600)  # real waits of real processes: a busy machine takes its time
class TestSoak:
    """Real processes against the sandbox, which answers late and badly."""

    def test_three_nights_with_trouble_leave_the_catalogue_as_it_should_be(self, tmp_path: Path) -> None:
        nights = list(islice(Nights(tmp_path, products=24, seed=11, latency=0.002, faults=3).run(), 3))
        assert of_nights(nights).wrong == []
        assert sum(night.retries for night in nights) > 0, "the trouble never struck"

    def test_one_process_does_not_grow(self, tmp_path: Path) -> None:
        one = steady(tmp_path, seconds=4, seed=11, latency=0.0)
        assert of_steady(one).wrong == []
        assert one.records > 0


class TestVerdict:
    """What would be wrong is called wrong."""

    @pytest.mark.parametrize(
        "grown",
        [replace(CALM, peak_mb=89), replace(CALM, files=11), replace(CALM, threads=7)],
        ids=["memory", "files", "threads"],
    )
    def test_growth_is_seen(self, grown: Sample) -> None:
        assert is_flat(CALM, CALM)
        assert not is_flat(CALM, grown)
        later = replace(GOOD, number=6, ran=replace(GOOD.ran, target=grown))
        assert "the target grows" in of_nights([GOOD, *[GOOD] * 4, later]).wrong[0]

    def test_a_wrong_catalogue_is_named(self) -> None:
        bad = replace(GOOD, number=3, as_it_should_be=False)
        assert of_nights([GOOD, GOOD, bad]).wrong == ["night 3: the catalogue is not what it should be"]
