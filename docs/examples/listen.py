"""Look at the broker whenever it is worth it: python listen.py URL PAK_FILE."""

import queue
import sys

import brokkr_core
from brokkr_core.broker import FilePak
from brokkr_core.broker.channel import BrokerChannel, Reason

url, pak_file = sys.argv[1:]
pak = FilePak(pak_file)
looks = queue.SimpleQueue[frozenset[Reason]]()
with brokkr_core.BrokerClient.connect(url, pak=pak) as broker:
    me = broker.auth.whoami().agent
    if me is None:
        sys.exit("this PAK is not an agent's")
    with BrokerChannel.connect(url, agent_id=me, pak=pak, on_look=looks.put):
        seen = 0
        while not seen:
            try:
                reasons = ", ".join(sorted(looks.get(timeout=10.0)))
            except queue.Empty:
                reasons = "time passed"
            target = broker.agents.target_state(me)
            seen = max((wanted.sequence_id for wanted in target), default=0)
            print(f"{reasons}: {len(target)} stacks, newest revision {seen}", flush=True)
