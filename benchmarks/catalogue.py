"""The catalogue that every contender reads: generated once, serialised before anything is measured.

A folder per size holds ``stream.http`` (the body of ``/v4/products/stream``, chunked as a server of unknown length
sends it), ``rows.json`` (the results, one a line) and ``rows.index`` (offset, length and update time of each).
"""

import argparse
import mmap
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

import orjson

from sandbox.medipim.catalogue import Catalogue
from sandbox.medipim.options import MedipimOptions

CHUNK_BYTES = 16 * 1024
TOKEN = b"1793600000&mac=00112233445566ff"
ID_OPENS = b'{"id":"'


def generated(folder: Path, products: int) -> Path:
    """The folder of this size, made unless it is there. Products of 3 to 8 kB in the order of their update time."""
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
                stream.write(b"%x\r\n%b\r\n" % (CHUNK_BYTES, bytes(held[:CHUNK_BYTES])))
                del held[:CHUNK_BYTES]
        stream.write((b"%x\r\n%b\r\n" % (len(held), bytes(held)) if held else b"") + b"0\r\n\r\n")
    (place / "rows.index").write_bytes(index.tobytes())
    (place / "complete").touch()
    return place


class Rows:
    """The results of a catalogue, read from the disk's cache; more or fewer of them than the file has, if wanted."""

    def __init__(self, place: Path, shown: int = 0) -> None:
        """Map the file; nothing is parsed."""
        self._index = array("Q", (place / "rows.index").read_bytes())
        self._moments = self._index[2::3]
        self.shown = shown or len(self._moments)
        with (place / "rows.json").open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @property
    def is_the_file(self) -> bool:
        """Whether neither more nor fewer are shown."""
        return self.shown == len(self._moments)

    def chunks(self) -> Iterator[bytes]:
        """The body of the stream. Beyond the file each row comes several times in a row, each time with another id."""
        copies = -(-self.shown // len(self._moments))
        held = bytearray()
        for number in range(self.shown):
            row, copy = divmod(number, copies)
            offset, length = self._index[3 * row : 3 * row + 2]
            held += b'{"meta":{"total":%d,"index":%d},"result":' % (self.shown, number)
            held += ID_OPENS + b"%d-" % copy if copy else ID_OPENS
            held += self._bytes[offset + len(ID_OPENS) : offset + length] + b"}\n"
            if len(held) >= CHUNK_BYTES:
                yield bytes(held)
                held.clear()
        if held:
            yield bytes(held)

    def page(self, since: int, number: int, size: int) -> bytes:
        """A page of those updated at or after ``since``; unlike the service's, it reaches beyond 10,000 rows."""
        first = bisect_left(self._moments, since)
        begin, end = first + number * size, min(self.shown, len(self._moments))
        spans = [self._index[3 * row : 3 * row + 2] for row in range(begin, min(begin + size, end))]
        results = b",".join(self._bytes[offset : offset + length] for offset, length in spans)
        meta = {"total": max(0, end - first), "page": {"no": number, "offset": number * size, "size": size}}
        return b'{"meta":%b,"results":[%b]}' % (orjson.dumps(meta), results)


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    flags.add_argument("folder", type=Path)
    flags.add_argument("products", type=int)
    options = flags.parse_args()
    print(generated(options.folder, options.products))
