"""Medipim and MicroPIM on loopback: real HTTP, documented rules, a switch for every unknown.

The sandbox is a simulator built from public pages and from what integrators observed.  It is not the service:
every switch says whether its behaviour is documented (D), observed in client code (C), inferred (I), assumed (A)
or unknown (U).
"""

from sandbox.box import Sandbox
from sandbox.faults import Fault, FaultPlan
from sandbox.foreign import foreign
from sandbox.medipim.options import MedipimOptions
from sandbox.medipim.service import MedipimService
from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.service import MicroPimService
from sandbox.state import RequestRecord

__all__ = [
    "Fault",
    "FaultPlan",
    "MedipimOptions",
    "MedipimService",
    "MicroPimOptions",
    "MicroPimService",
    "RequestRecord",
    "Sandbox",
    "foreign",
]
