"""Apply a file of manifests: python apply.py KUBECONFIG FILE."""

import sys
from pathlib import Path

import brokkr_core

kubeconfig, file = sys.argv[1:]
parsed = brokkr_core.parse_all(Path(file)).checked()  # every bad document at once, or none
with brokkr_core.connect(kubeconfig) as client:
    resolved = brokkr_core.resolve(parsed.manifests, client.discovery)  # kinds known, namespaces decided
    plan = brokkr_core.order(resolved)  # what waits for what, and why
    report = brokkr_core.apply_plan(client, plan)  # dry-run everything, then write, then wait
for outcome in report.outcomes:
    print(outcome.action, outcome.ref, outcome.message)
sys.exit(0 if report.ok else 1)
