"""The soak in its short form: three nights with faults, and one process fed for a while.

``make soak`` runs the same for minutes or hours, with a large stream and a large ledger.
"""

from itertools import islice
from pathlib import Path

import pytest

from trials.soak.nights import Nights
from trials.soak.steady import steady
from trials.soak.verdicts import of_nights, of_steady

pytestmark = pytest.mark.timeout(600)  # real waits of real processes: a busy machine takes its time


def test_three_nights_with_faults_leave_the_catalogue_as_it_should_be(tmp_path: Path) -> None:
    """Real processes against a sandbox that answers late and badly."""
    nights = list(islice(Nights(tmp_path, products=24, seed=11, latency=0.002, faults=3).run(), 3))
    assert of_nights(nights).wrong == []
    assert sum(night.retries for night in nights) > 0, "no fault was met"


def test_one_process_does_not_grow(tmp_path: Path) -> None:
    """Round after round of the same products."""
    result = steady(tmp_path, seconds=4, seed=11, latency=0.0)
    assert of_steady(result).wrong == []
    assert result.records > 0
