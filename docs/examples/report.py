"""Tell a broker how an attempt ended, whatever happens: python report.py URL PAK_FILE OUTBOX ATTEMPT STACK OBJECT."""

import sys
from pathlib import Path

import brokkr_core
from brokkr_core.broker import FilePak
from brokkr_core.broker.outbox import Added, Outbox, Result, SqliteOutbox
from brokkr_core.model.broker import NewAgentEvent

url, pak_file, path, attempt, stack, deployment_object = sys.argv[1:]
with SqliteOutbox(Path(path)) as store, brokkr_core.BrokerClient.connect(url, pak=FilePak(pak_file)) as broker:
    me = broker.auth.whoami().agent
    if me is None:
        sys.exit("this PAK is not an agent's")
    outbox = Outbox(store, broker.agents.events)
    event = NewAgentEvent(agent_id=me, deployment_object_id=deployment_object, status="SUCCESS")
    if outbox.add(Result(attempt_id=attempt, stack_id=stack, event=event)) is Added.FULL:
        sys.exit("the broker has not taken anything for long; begin nothing new")
    delivery = outbox.flush()
    print("delivered", len(delivery.delivered), "waiting", outbox.count, delivery.trouble)
    for entry in outbox.aside():
        print("never taken:", entry.result.attempt_id, entry.why)
