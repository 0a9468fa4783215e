"""Show in which order the manifests of a file can be applied, without any cluster: python plan.py FILE."""

import sys
from pathlib import Path

import brokkr_core

try:
    plan = brokkr_core.order(brokkr_core.parse(Path(sys.argv[1])))
except brokkr_core.InputError as error:
    sys.exit(f"{error}")
for number, wave in enumerate(plan.waves, start=1):
    for ref in wave:
        print(number, ref)
        for edge in plan.waits_for(ref):
            print("   ", edge.kind, edge)
