"""The catalogue that every contender reads: generated once, serialised before anything is measured.

A folder per size holds ``stream.http`` (the body of ``/v4/products/stream``, chunked as a server of unknown length
sends it), ``rows.json`` (the results, one a line) and ``rows.index`` (offset, length and update time of each).
"""

import mmap
from array import array
from bisect import bisect_left
from pathlib import Path

import orjson

from sandbox.medipim.catalogue import Catalogue
from sandbox.medipim.options import MedipimOptions

CHUNK_BYTES = 16 * 1024
TOKEN = b"1793600000&mac=00112233445566ff"


def generated(folder: Path, products: int) -> Path:
    """The folder of this size, made unless it is there. Products of 4 to 6 kB in the order of their update time."""
    place = folder / f"products-{products}"
    if (place / "complete").exists():
        return place
    place.mkdir(parents=True, exist_ok=True)
    catalogue = Catalogue(MedipimOptions(products=products))
    entries = sorted(catalogue.entries.values(), key=lambda entry: (entry.head.updated_at, entry.head.id))
    index = array("Q")
    with (place / "rows.json").open("wb") as rows, (place / "stream.http").open("wb") as stream:
        held = bytearray()
        for number, entry in enumerate(entries):
            head, tail = catalogue.serialise(entry.raw)
            row = head + TOKEN + tail
            index.extend((rows.tell(), len(row), entry.head.updated_at))
            rows.write(row + b"\n")
            held += b'{"meta":{"total":%d,"index":%d},"result":%b}\n' % (products, number, row)
            while len(held) >= CHUNK_BYTES:
                stream.write(b"%x\r\n%b\r\n" % (CHUNK_BYTES, held[:CHUNK_BYTES]))
                del held[:CHUNK_BYTES]
        stream.write((b"%x\r\n%b\r\n" % (len(held), held) if held else b"") + b"0\r\n\r\n")
    (place / "rows.index").write_bytes(index.tobytes())
    (place / "complete").touch()
    return place


class Rows:
    """The results of a catalogue, read from the disk's cache."""

    def __init__(self, place: Path) -> None:
        """Map the file; nothing is parsed."""
        self._index = array("Q", (place / "rows.index").read_bytes())
        self._moments = self._index[2::3]
        with (place / "rows.json").open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        """How many products there are."""
        return len(self._moments)

    def page(self, since: int, number: int, size: int) -> bytes:
        """A page of those updated at or after ``since``; unlike the service's, it reaches beyond 10,000 rows."""
        first = bisect_left(self._moments, since)
        begin = first + number * size
        spans = [self._index[3 * row : 3 * row + 2] for row in range(begin, min(begin + size, len(self)))]
        results = b",".join(self._bytes[offset : offset + length] for offset, length in spans)
        meta = {"total": len(self) - first, "page": {"no": number, "offset": number * size, "size": size}}
        return b'{"meta":%b,"results":[%b]}' % (orjson.dumps(meta), results)
