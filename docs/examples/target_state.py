"""Ask a broker what an agent should run: python target_state.py URL PAK_FILE."""

import sys

import brokkr_core
from brokkr_core.broker import FilePak, verify_checksum

url, pak_file = sys.argv[1:]
with brokkr_core.BrokerClient.connect(url, pak=FilePak(pak_file)) as broker:
    me = broker.auth.whoami().agent
    if me is None:
        sys.exit("this PAK is not an agent's")
    for wanted in broker.agents.target_state(me):
        verify_checksum(wanted)
        objects = brokkr_core.parse_all(wanted.yaml_content).checked().manifests
        print("stack", wanted.stack_id, "revision", wanted.sequence_id)
        for manifest in objects:
            print("   ", manifest.ref)
