"""How many calls, functions and files one record passes through: ``make road``.

The rule, found by measuring release 130a2cf beside its published figures:

- Code counts when its file lies in the package of the plugin or in ``pim_wire``. The SDK, libraries, the standard
  library and generated code (``<string>``) do not count, and neither does what they call among themselves.
- ``calls``: calls of Python functions, in all threads; a generator that is resumed counts as a call.
  So does a comprehension up to Python 3.11; figures of different versions cannot be compared.
- ``functions``: distinct pairs of file and name, so the lambdas of a file are one function, and its ``__init__`` too.
- ``files``: distinct files; in brackets those of the plugin's own package, the rest is ``pim_wire``.
- ``changes of file``: consecutive calls whose files differ, counted in each thread by itself, so that the scheduler
  has no say. A return is no call: coming back to a file counts when the next call is made from it.
- A thread that runs on its own, such as a ticker, does not count.

A record is one in the middle of a running input: everything lazy was done for records like it before. For the target
the trace begins when the line is handed over, and ends when the STATE behind it is written, the next line is asked for
and no thread is at work any more. For the tap it goes from one row to the next, over rows for which the socket is read.
Each road is traced several times; what came out most often is told.

Of the published figures the unchanged product comes out exactly, and the tap's row but for its functions (37, not 39).
The changed and the new product are within 4 % in functions and one in files, and differ by a fifth in calls and by
12 and 26 % in changes of file: which record was used is not known. So the figures of the last release are those of this
program on its commit (``figures/road.json``).
"""
