"""Apply a file of manifests, or put everything back: python apply_or_undo.py KUBECONFIG FILE SECONDS."""

import sys
from pathlib import Path

import brokkr_core

kubeconfig, file, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
policy = brokkr_core.ApplyPolicy(ready_timeout_seconds=seconds, poll_seconds=seconds / 10)
parsed = brokkr_core.parse_all(file).checked()
with brokkr_core.connect(kubeconfig) as client:
    plan = brokkr_core.order(brokkr_core.resolve(parsed.manifests, client.discovery))
    journal = brokkr_core.MemoryJournal()  # keeps what every write replaces
    report = brokkr_core.apply_plan(client, plan, policy=policy, recorder=journal)
    if not report.ok:
        rules = brokkr_core.UndoPolicy(stability_seconds=seconds)
        undone = brokkr_core.undo(client, journal.entries(), policy=rules)
for outcome in report.failed:
    print(outcome.action, outcome.ref, outcome.message)
if not report.ok:
    print("rollback:", undone.verdict)
    for finding in undone.findings:
        print(" ", finding)
    sys.exit(1)
print("all", len(report.outcomes), "objects are ready")
