"""The verdict of a soak: what would be wrong is called wrong. The soak itself: ``make trials``."""

from dataclasses import replace

import pytest

from trials.soak.nights import Night
from trials.soak.pair import PairRun
from trials.soak.process_monitor import Sample
from trials.soak.verdicts import is_flat, of_nights

CALM = Sample(rss_mb=80, peak_mb=80, files=8, threads=6)
GOOD = Night(2, 1, 10, 0, 1, 0, PairRun((0, 0), CALM, CALM, 1000, (1, 1)), as_it_should_be=True)


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
