"""What may differ between two recordings: times and ids, each by a rule with its reason. Nothing else."""

import re
from dataclasses import dataclass
from functools import reduce

LASTING = r"(?:\d+(?:\.\d+)? s|\d+ min \d\d s|\d+ h \d\d min)"
NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"


@dataclass(frozen=True)
class Rule:
    """In texts whose name matches ``where``, what matches ``what`` becomes ``put``."""

    where: str
    what: str
    put: str
    why: str

    def apply(self, name: str, text: str) -> str:
        """The text without what may differ."""
        if not re.search(self.where, name):
            return text
        return re.sub(self.what, self.put, text, flags=re.MULTILINE | re.DOTALL)


RULES = (
    Rule(r"", r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b", "RUN", "a run's id is its start and a random part"),
    Rule(r"stderr$", r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "TIME", "when a line of the log was written"),
    Rule(r"stderr$", r'(?<="sync_duration","value":)' + NUMBER, "SECONDS", "how long a stream took (the SDK's metric)"),
    Rule(r"stderr$", r'(?<="pid":)\d+', "PID", "the process (the SDK's metric)"),
    Rule(
        r"tap\.stderr$", r"( \| \w+ +\d+ +\d+ +\d+) +\d+\.\d +\d+\.\d$", r"\1 WAITED SECONDS",
        "the last two columns of the tap's table",
    ),
    Rule(
        r"tap\.stderr$", r"^[^\n]*: \d+(?: of \d+)? rows, [^\n]*requests in the last minute: [^\n]*\n", "",
        "how far the tap is, told every ten seconds",
    ),
    Rule(r"target\.stderr$", rf"(DONE in|PLAN made in|STOPPED after) {LASTING}", r"\1 LASTING", "how long a run took"),
    Rule(r"report\.json$", r'("(?:started|finished)_at": )"[^"\n]*"', r"\1TIME", "when a run was"),
    Rule(r"report\.json$", rf'("(?:duration|waited)_seconds": ){NUMBER}', r"\1SECONDS", "how long it took"),
    Rule(r"report\.json$", r'"over_time": \{.*?\n    \}', '"over_time": …', "requests by second"),
    Rule(
        r"report\.html$", rf'(?<=<p class="quiet">)<bdi>[^<]*</bdi>, {LASTING}\.', "TIMES.",
        "when a run was and how long it took",
    ),
    Rule(r"report\.html$", r"<figure>.*?</figure>", "FIGURE", "requests by second, drawn"),
    Rule(r"report\.html$", r"<summary>The same in numbers.*?(?=\n</section>)", "NUMBERS", "requests by second"),
    Rule(r"stdout$", r'(?<="time_extracted":)"[^"]*"', "TIME", "when the tap had a record"),
    Rule(
        r"stdout$", r"(?<=embed\?)([^\"]*?)&t=\d+&mac=[0-9a-f]+", r"\1&t=TIME&mac=MAC",
        "a link that is signed anew in each answer",
    ),
    Rule(r"rejects\.jsonl$", rf'(?<="rejected_at":){NUMBER}', "TIME", "when a record was refused"),
    Rule(r"stdout$|ledger\.rows$", rf'(?<="settled_at":) ?{NUMBER}', "TIME", "when the ledger settled a product"),
    Rule(r"ledger\.rows$", r'^\{"table": "run_lock".*?$', "LOCK", "the process that a signal ended, and its times"),
)  # fmt: skip


ROW = (
    '<tr role="row">'  # up to 130a2cf rows were in the order of the threads, since then in that of the input or of ids
)


def bare(name: str, text: str) -> str:
    """A text without times and ids, and without the order that threads gave to rows and to lines of the log."""
    text = reduce(lambda rest, rule: rule.apply(name, rest), RULES, text)
    if name.endswith("target.stderr"):  # the thread that reads and those that write log side by side
        return "\n".join(sorted(text.split("\n")))
    if name.endswith("report.html"):
        return re.sub(r"<section.*?</section>", _with_sorted_rows, text, flags=re.DOTALL)
    if name.endswith("report.json"):
        return re.sub(r"(?<=\[\n)    .*?(?=\n  \])", _with_sorted_items, text, flags=re.DOTALL)
    return text


def _with_sorted_rows(section: re.Match[str]) -> str:
    """A table whose first rows are shown and whose others are folded is one table."""
    lines = section[0].split("\n")
    places = [place for place, line in enumerate(lines) if line.startswith(ROW)]
    for place, row in zip(places, sorted(lines[place] for place in places), strict=True):
        lines[place] = row
    return "\n".join(lines)


def _with_sorted_items(items: re.Match[str]) -> str:
    """The items of one list of report.json."""
    return ",\n".join(sorted(re.split(r",\n(?=    [^ ])", items[0])))
