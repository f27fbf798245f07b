"""Whose ledger this is: an organization is known by the products that the ledger holds of it, not by its key.

A key says nothing that lasts (docs/api/micropim.md#envelope): it is a user's, and people renew it. So a ledger that
meets another key at its own address looks at a few of its products first; their ids and SKUs are the proof.

Beside that, an organization has a name: the fingerprint of the key that its ledger was made with. It stays when a new
key is recognised, so that the setting ``organization`` stays right (docs/decisions/0035-the-right-shop.md).
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pim_wire.errors import StrangeAnswer, Unclear
from target_micropim.api.client import MicroPimClient
from target_micropim.connection import Connection
from target_micropim.errors import AnotherShop, LedgerUnusable, NotFound, RecordRejected
from target_micropim.ledger import Ledger, neighbours
from target_micropim.settings.shaping import organization

FEW = 5  # looks before a run that meets a new key
MANY = 20  # looks of --ledger=rebind, which a person waits for
FINGERPRINT = 12  # characters


@dataclass(frozen=True)
class Recognition:
    """How many of the ledger's products were looked at, and how many of them show the SKU that it knows."""

    looked: int
    found: int

    @property
    def is_proof(self) -> bool:
        """More than half: people may have deleted one of them, or changed its SKU."""
        return 2 * self.found > self.looked

    def __str__(self) -> str:
        return f"{self.found} of {self.looked} products of the ledger that were looked at are there"


def recognise(client: MicroPimClient, ledger: Ledger, most: int) -> Recognition:
    """Look at a few live products of the ledger. Raises StopRun when the answers prove nothing."""
    skus = ledger.live_products(most)
    return Recognition(len(skus), sum(_is_there(client, number, sku) for number, sku in skus.items()))


def _is_there(client: MicroPimClient, number: int, sku: str) -> bool:
    """Whether MicroPIM shows this SKU under this id; large and small letters may differ, as it stores them."""
    try:
        product = client.product(number)
    except NotFound:
        return False
    except (RecordRejected, Unclear) as error:
        raise StrangeAnswer(
            f"MicroPIM's answers do not tell whether ledger_url is the ledger of this organization ({error}): nothing "
            "was written; run it again when MicroPIM answers as usual"
        ) from None
    return _folded(product.get("sku")) == _folded(sku)


def _folded(sku: object) -> str:
    return str(sku or "").strip().casefold()


def fingerprint_of(owner: str) -> str:
    """Address and key of an organization in a few characters that do not give the key away."""
    return owner.rpartition(" ")[2][:FINGERPRINT]


def fingerprint(ledger: Ledger, connection: Connection) -> str:
    """The name of the ledger's organization, or of the one at hand while the ledger is nobody's."""
    return ledger.fingerprint() or fingerprint_of(ledger.fact("organization") or connection.organization)


def enter_shop(ledger: Ledger, connection: Connection) -> str | None:
    """Before anything is written: the organization at hand is the one that is meant; what was done, to be told.

    Raises AnotherShop, LedgerUnusable and other StopRuns.
    """
    recognised = recognise_new_key(ledger, connection)
    meant, here = connection.settings.organization, fingerprint_of(connection.organization)
    if meant is None and ledger.is_new:
        _refuse_second_ledger("is new", connection)
    elif meant not in {None, here, fingerprint(ledger, connection)}:
        _refuse(connection, str(meant))
    return recognised


def _refuse(connection: Connection, meant: str) -> None:
    connection.channels()  # a key that was mistyped is told as such
    here = fingerprint_of(connection.organization)
    raise AnotherShop(
        f"organization: {meant} is meant, and api_key belongs to {here} at {connection.settings.base_url}: nothing was "
        f"written; check api_key and api_url, or set organization to {here} if that is the right shop"
    )


def _refuse_second_ledger(state: str, connection: Connection) -> None:
    """A shop that forgot its key would write into the one whose key it got; ``state`` is that of its ledger."""
    url, here = connection.settings.ledger_url, connection.settings.base_url
    for other in neighbours(url):
        address = other.organization.split(" ")[0]
        if _is_same_place(address, here) and other.organization == organization(address, connection.settings.api_key):
            connection.channels()
            raise AnotherShop(
                f"ledger_url: this ledger {state}, and {other.name} beside it serves the organization of this api_key "
                "already: nothing was written; check api_key, or set ledger_url to that ledger; if two ledgers are to "
                f"serve one organization, set organization to {fingerprint_of(connection.organization)}"
            )


def recognise_new_key(ledger: Ledger, connection: Connection) -> str | None:
    """Bind a ledger of this address to the key at hand, if its products are there; what was done, to be told.

    None when there is nothing to do. Writes nothing to MicroPIM. Raises LedgerUnusable when it is another's.
    """
    if not ledger.is_of_another(connection.organization):
        return None
    address, here = ledger.address(), connection.settings.base_url
    if not _is_same_place(address, here):
        raise LedgerUnusable(
            f"ledger_url: this ledger belongs to another MicroPIM address, {address}: check api_url, and give each "
            "organization its own ledger_url; if MicroPIM has moved from there to here, --ledger=rebind binds the "
            "ledger to this address, once it has found its products here"
        )
    connection.channels()  # a key that was mistyped is told as such
    seen = recognise(connection.client, ledger, FEW)
    if seen.looked and not seen.is_proof:
        raise LedgerUnusable(
            f"ledger_url: this ledger belongs to another organization than this api_key ({seen}): check api_key, and "
            "give each organization its own ledger_url; if both are right, --ledger=rebind looks at more products"
        )
    if not seen.looked:
        _refuse_unproven(connection)
    _bind(ledger, connection, seen)
    proof = f"({seen})" if seen.looked else "(it holds no product by which an organization could be recognised)"
    return f"The ledger met a new api_key{' of its organization' if seen.looked else ''} and goes on with it {proof}"


def _refuse_unproven(connection: Connection) -> None:
    """Nothing shows that it is the same organization: it may be one that is not meant, or another ledger's."""
    meant = connection.settings.organization
    if meant is None:
        _refuse_second_ledger("holds no product", connection)
    elif meant != fingerprint_of(connection.organization):
        _refuse(connection, meant)


def rebind(ledger: Ledger, connection: Connection) -> str:
    """Bind a ledger to this address and key, wherever it was bound before, if its products are here; what was done.

    Raises LedgerUnusable when they are not.
    """
    address, here = ledger.address(), connection.settings.base_url
    if not ledger.is_of_another(connection.organization):
        return f"Ledger: it is bound to {here} and this api_key already"
    connection.channels()
    seen = recognise(connection.client, ledger, MANY)
    is_empty_here = not seen.looked and _is_same_place(address, here)
    if not seen.is_proof and not is_empty_here:
        raise LedgerUnusable(
            f"ledger_url: {seen}, too few to show that it is the ledger of this api_key's organization at {here}; it "
            f"stays bound to {address}: check api_url, api_key and ledger_url; an organization that this ledger has "
            "never seen needs a ledger_url of its own"
        )
    if not seen.looked:
        _refuse_unproven(connection)
    _bind(ledger, connection, seen)
    return f"Ledger: bound to {here} and this api_key ({seen}); before, it was bound to {address}"


def _bind(ledger: Ledger, connection: Connection, seen: Recognition) -> None:
    """Bind a ledger to another key; a recognised organization keeps its name."""
    name = fingerprint(ledger, connection) if seen.looked else fingerprint_of(connection.organization)
    ledger.note("fingerprint", name)
    ledger.bind(connection.organization)


def _is_same_place(one: str | None, other: str) -> bool:
    """Whether two addresses lead to one place, however they are written."""
    return one is not None and _place(one) == _place(other)


def _place(address: str) -> tuple[str, str | None, int | None, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme), parts.path
