"""Apply a file again and again, leave the number of replicas to an autoscaler, and take what kubectl has touched."""

import sys
from pathlib import Path

import brokkr_core
from brokkr_core import ApplyPolicy, ConflictRule, Conflicts

kubeconfig, file = sys.argv[1:]
policy = ApplyPolicy(
    conflicts=Conflicts.FAIL,  # where no rule says otherwise
    conflict_rules=(
        ConflictRule(path=".spec.replicas", decision=Conflicts.YIELD),
        ConflictRule(path="*", decision=Conflicts.TAKE, managers=("kubectl*",)),
    ),
    wait=False,
)
memory = brokkr_core.Memory()  # what was seen as wanted: the second run reads metadata alone
manifests = brokkr_core.parse_all(Path(file)).checked().manifests
with brokkr_core.connect(kubeconfig) as client:
    plan = brokkr_core.order(brokkr_core.resolve(manifests, client.discovery))
    for number in (1, 2):
        report = brokkr_core.apply_plan(client, plan, policy=policy, memory=memory)
        for outcome in report.outcomes:
            decided = ", ".join(f"{one.path}: {one.decision} ({one.manager})" for one in outcome.conflicts)
            print(f"run {number}", outcome.action, outcome.ref, decided)
sys.exit(0 if report.ok else 1)
