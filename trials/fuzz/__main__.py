"""``python -m trials.fuzz TARGET [libFuzzer's flags]``: coverage-guided, needs the group ``fuzz``."""

from trials.fuzz.harness import main

main()
