"""What columns and outcomes are called on the page: in English here, in other languages in the catalogues.

Of two phrases the second one is that of a plan: what would be.
"""

from target_micropim.report.words import marked

HEADS = {
    "sku": marked("SKU"),
    "name": marked("product"),
    "called": marked("name"),
    "why": marked("why"),
    "what": marked("what"),
    "field": marked("field"),
    "before": marked("before"),
    "after": marked("after"),
    "source": marked("in the source"),
    "micropim": marked("in MicroPIM"),
    "setting": marked("would come with"),
    "stream": marked("stream"),
    "record": marked("record"),
    "stage": marked("stage"),
    "said": marked("MicroPIM's words"),
    "kind": marked("kind"),
    "products": marked("products"),
    "example": marked("for example"),
    "language": marked("language"),
    "code": marked("code"),
    "pictures": marked("pictures"),
}
# What became of records, and what would; where that needs another word.
ACTIONS = {
    "received": (marked("received"),),
    "created": (marked("created"), marked("to create")),
    "updated": (marked("updated"), marked("to update")),
    "archived": (marked("archived"), marked("to archive")),
    "revived": (marked("revived"),),
    "unchanged": (marked("unchanged"),),
    "skipped": (marked("skipped"),),
    "rejected": (marked("rejected"),),
    "superseded": (marked("superseded"),),
    "acknowledged": (marked("acknowledged"),),
    "unsettled": (marked("not settled"),),
    "undone": (marked("put back"),),
    "left": (marked("left"),),
}
FIGURES = {
    "created": (marked("products created"), marked("products would be created")),
    "updated": (marked("products updated"), marked("products would be updated")),
    "archived": (marked("products archived"), marked("products would be archived")),
    "undone": (marked("products put back"), marked("products would be put back")),
    "left": (marked("products left as they are"), marked("products would be left as they are")),
    "unchanged": (marked("products unchanged"), marked("products would stay as they are")),
    "skipped": (marked("products skipped"), marked("products would be skipped")),
    "rejected": (marked("products rejected"), marked("products would be rejected")),
}
ENDS = {
    "created": (marked("Products made"), marked("Products that would be made")),
    "archived": (marked("Products archived"), marked("Products that would be archived")),
    "skipped": (marked("Products skipped"), marked("Products that would be skipped")),
}
