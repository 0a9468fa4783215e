"""An agent that dies while a run takes over what another one had left in the middle."""

from __future__ import annotations

import pytest

from brokkr_agent.rules import AfterCrash
from brokkr_core.testing.cluster import Die, FaultPlan, FaultRule, Moment
from crash_support import Doomed
from stage_support import config_map

#: The first write of a run makes durable what it carries, the second one ends the journal this came from.
BETWEEN = [(1, Moment.AFTER), (2, Moment.BEFORE)]


@pytest.mark.parametrize(("write", "moment"), BETWEEN, ids=str)
@pytest.mark.parametrize("after", AfterCrash, ids=str)
def test_a_run_that_died_while_it_took_over_is_gone_on_with(write: int, moment: Moment, after: AfterCrash) -> None:
    doomed = Doomed()
    assert doomed.deploy(doomed.revision(config_map("kept", a="1"))).ok
    before = doomed.seen()
    at_never = FaultPlan(rules=[FaultRule(effect=Die(), writes=True, path="/configmaps/never")])
    doomed.die_of(at_never, doomed.revision(config_map("kept", a="2"), config_map("never")))
    left = doomed.seen().objects
    assert doomed.die(doomed.revision(config_map("kept", a="3"), config_map("never")), write=write, moment=moment)
    assert len(doomed.open_journals()) == 2

    put_back, target = doomed.recover(after)

    if after is AfterCrash.ROLLBACK:
        assert len(put_back) == 2
        assert doomed.seen() == before
        return
    assert (put_back, doomed.seen().objects) == ((), left), "nothing is put back"
    assert len(doomed.open_journals()) == 1
    assert doomed.deploy(doomed.revision(config_map("kept", a="4")), target=target).ok
    assert doomed.open_journals() == []
