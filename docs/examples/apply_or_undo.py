"""Apply a file of manifests, or put everything back: python apply_or_undo.py KUBECONFIG FILE SECONDS."""

import sys
from pathlib import Path

import brokkr_core
from brokkr_core.rollback import Header, SecretStore

kubeconfig, file, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
policy = brokkr_core.ApplyPolicy(ready_timeout_seconds=seconds, poll_seconds=seconds / 10)
parsed = brokkr_core.parse_all(file).checked()
with brokkr_core.connect(kubeconfig) as client:
    # What every write replaces is kept where it outlives this process.
    store = SecretStore(client, namespace=client.namespace, owner_id="my-tool")
    for left in brokkr_core.recover(client, store):
        print("an earlier run was left in the middle:", left.undone.verdict if left.undone else "it had committed")
    plan = brokkr_core.order(brokkr_core.resolve(parsed.manifests, client.discovery))
    report = brokkr_core.apply_atomically(
        client,
        plan,
        store=store,
        header=Header(stack_id=file.name, owner_id="my-tool", manager=policy.manager),
        policy=policy,
        undo_policy=brokkr_core.UndoPolicy(stability_seconds=seconds),
    )
for outcome in report.failed:
    print(outcome.action, outcome.ref, outcome.message)
if not report.ok:
    print("rollback:", report.verdict)
    for line in report.restored:
        print(" ", line)
    sys.exit(1)
print("all", len(report.outcomes), "objects are ready")
