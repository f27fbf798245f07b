"""``python -m trials.kills``."""

import sys

from trials.kills.kills import main

sys.exit(main())
