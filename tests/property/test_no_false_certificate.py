"""No false certificate: random bundles, foreign writers, and every fault of the line and the server.

Others write at any request of the run, but not within the same second of the cluster's clock: who creates an object
in the second in which a creation of ours lost its answer, and owns no field that ours did not take, cannot be told
from us.

Whatever a rollback says is held against a witness of all that was committed: ``VERIFIED_EXACT`` only when nothing the
run touched differs in value, owner, identity or existence from what it was before the run first touched it. And the
other way round: where nobody else writes and no answer leaves a doubt, it has to be said.
"""

from __future__ import annotations

from hypothesis import event, given, settings

from brokkr_core.rollback import Verdict
from certainty_support import Play, Story, stories

_EXACT = (Verdict.VERIFIED_EXACT, Verdict.NOT_NEEDED)


@given(story=stories(disturbed=True))
@settings(max_examples=settings().max_examples * 4)
def test_verified_is_only_said_of_what_is_as_it_was(story: Story) -> None:
    told = Play(story, patient=False).run()
    event(f"{story.ending}: {told.verdict}")

    if told.verdict in _EXACT:
        assert told.witness.changed() == {}, told.lines
    if told.verdict is Verdict.VERIFIED_EQUIVALENT:
        assert told.witness.unexcused() == [], told.lines


@given(story=stories(disturbed=False))
@settings(max_examples=settings().max_examples * 2)
def test_what_leaves_no_doubt_is_put_back_exactly_and_said_to_be(story: Story) -> None:
    told = Play(story, patient=True).run()
    event(f"{story.ending}: {told.verdict}")

    assert told.witness.changed() == {}, told.lines
    assert told.verdict in _EXACT or (told.verdict is None and not told.witness.before), told.lines
