"""The fifty scenarios of contract section 20, and the tests that play them."""

from __future__ import annotations

CONTRACT = "contract/broker/test_broker_"

#: Number of the scenario to the tests that play it, each as ``module::test`` below ``tests/``, without ``.py``.
PLAYED: dict[int, tuple[str, ...]] = {
    1: (f"{CONTRACT}authentication::test_who_is_not_known_gets_401_without_a_body",),
    2: (f"{CONTRACT}authentication::test_whatever_word_stands_before_a_pak_it_is_accepted",),
    3: (
        f"{CONTRACT}authentication::test_a_bare_pak_and_white_space_around_it_are_accepted",
        f"{CONTRACT}authentication::test_whatever_word_stands_before_a_pak_it_is_accepted",
    ),
    4: (f"{CONTRACT}authentication::test_only_the_long_token_counts",),
    5: (f"{CONTRACT}authentication::test_rotation_kills_the_old_pak_at_once_and_answers_with_the_new_one",),
    6: ("unit/test_fake_broker_auth::test_another_process_takes_the_old_pak_until_its_cache_expires",),
    7: (f"{CONTRACT}agents::test_the_list_without_a_slash_is_closed_to_agents",),
    8: (f"{CONTRACT}agents::test_the_search_needs_both_parameters",),
    9: (
        f"{CONTRACT}agents::test_the_search_tells_another_agents_existence",
        f"{CONTRACT}agents::test_an_agent_reads_itself_only",
    ),
    10: (f"{CONTRACT}framework::test_a_path_id_that_is_no_uuid_is_400_text",),
    11: (f"{CONTRACT}framework::test_json_of_the_wrong_shape_is_422_text",),
    12: (f"{CONTRACT}framework::test_the_content_type_of_a_json_endpoint_must_be_json",),
    13: (
        f"{CONTRACT}framework::test_one_byte_over_two_mebibytes_is_413_text",
        f"{CONTRACT}objects::test_a_body_over_two_mebibytes_is_413",
    ),
    14: (f"{CONTRACT}heartbeat::test_a_body_that_says_nothing_still_counts_as_a_heartbeat",),
    15: (f"{CONTRACT}heartbeat::test_an_unreachable_cluster_clears_the_latency",),
    16: (f"{CONTRACT}heartbeat::test_nobody_but_the_agent_itself_sends_its_heartbeat",),
    17: (f"{CONTRACT}targeting::test_labels_and_annotations_need_a_registration_and_explicit_targets_do_not_lose_it",),
    18: (f"{CONTRACT}target_state::test_only_the_newest_object_of_a_stack_is_offered",),
    19: (f"{CONTRACT}target_state::test_any_event_hides_an_object_from_incremental_and_not_from_full",),
    20: (f"{CONTRACT}target_state::test_an_event_on_a_superseded_object_leaves_the_newest_pending",),
    21: (f"{CONTRACT}target_state::test_only_the_exact_word_full_means_full",),
    22: (f"{CONTRACT}target_state::test_the_newest_comes_first_across_stacks",),
    23: (f"{CONTRACT}target_state::test_a_deleted_stack_is_absent_and_so_is_its_marker",),
    24: (f"{CONTRACT}target_state::test_a_posted_deletion_marker_is_offered",),
    25: (f"{CONTRACT}target_state::test_expired_events_bring_an_object_back",),
    26: (f"{CONTRACT}events::test_a_text_wider_than_its_column_is_500",),
    27: (f"{CONTRACT}events::test_an_event_about_an_unknown_object_is_422",),
    28: (f"{CONTRACT}webhooks::test_any_event_but_a_success_is_told_as_a_failure",),
    30: (f"{CONTRACT}health::test_one_bad_status_spoils_the_batch",),
    31: (f"{CONTRACT}health::test_the_same_object_twice_in_a_batch_is_500",),
    32: (
        f"{CONTRACT}diagnostics::test_the_second_claim_is_409",
        f"{CONTRACT}diagnostics::test_a_result_for_what_was_not_claimed_is_409",
        f"{CONTRACT}diagnostics::test_not_even_an_admin_hands_in_a_result",
        f"{CONTRACT}diagnostics::test_what_expires_pending_is_expired_and_what_expires_claimed_has_failed",
    ),
    33: (
        f"{CONTRACT}work_orders::test_of_two_claimers_one_wins",
        "integration/test_broker_races::test_of_many_claimers_exactly_one_gets_each_order",
        f"{CONTRACT}work_orders::test_who_does_not_match_cannot_claim",
        f"{CONTRACT}work_orders::test_only_who_claimed_completes_and_a_deleted_order_is_gone",
    ),
    34: (f"{CONTRACT}work_orders::test_the_waits_double_and_the_fourth_failure_is_final",),
    35: (f"{CONTRACT}work_orders::test_a_stale_claim_is_offered_again_and_its_holder_is_too_late",),
    36: (f"{CONTRACT}deliveries::test_the_second_claim_is_empty_until_the_first_expires",),
    37: (
        f"{CONTRACT}deliveries::test_what_a_receiver_said_decides_about_another_try",
        f"{CONTRACT}deliveries::test_no_answer_of_a_receiver_is_worth_another_try_after_two_seconds",
    ),
    38: (f"{CONTRACT}deliveries::test_a_second_report_after_a_success_is_taken_and_counts",),
    39: (f"{CONTRACT}objects::test_an_agent_fetches_an_object_only_through_an_explicit_target",),
    47: (f"{CONTRACT}targeting::test_registering_twice_is_409",),
    48: (f"{CONTRACT}targeting::test_deregistering_takes_the_targets_of_that_generator_only",),
    49: (
        f"{CONTRACT}agents::test_an_inactive_agent_is_served_like_any_other",
        f"{CONTRACT}fleet::test_an_inactive_agent_is_offered_everything_too",
    ),
    50: (f"{CONTRACT}templates::test_what_is_rendered_need_not_be_yaml",),
}

_CHANNEL = "only over the WebSocket, which has tests of its own"

#: Scenarios, or the part of one after a colon, that no test of this table plays, and why.
NOT_PLAYED: dict[str, str] = {
    "5: WS closed": _CHANNEL,
    "26: WS frame lost": _CHANNEL,
    "29": _CHANNEL,
    "40": _CHANNEL,
    "41": _CHANNEL,
    "42": _CHANNEL,
    "43": _CHANNEL,
    "44": _CHANNEL,
    "45": _CHANNEL,
    "46": _CHANNEL,
}
