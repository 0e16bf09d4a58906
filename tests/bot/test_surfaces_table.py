"""The table of what works where: no cell is empty, and each row is shown by tests on each surface.

`docs/surfaces.md` is what people read; here stands by which tests a row is true. Those of `tests/stories` are
played on all three surfaces.
"""

import re
from pathlib import Path

import pytest

from bot.slack.commands import COMMANDS
from handlers.capabilities import TYPED_NAMES
from tests.stories.stage import EACH_TIME, STAGES

TABLE = Path("docs/surfaces.md")
SURFACES = ("Slack", "Teams", "local room")
FORCED = "– "
"""Before the reason for which a surface has nothing."""

STORIES, TALK = "stories/", "bot/slack/test_slack_talk.py::test_"
TEAMS, FORMS = "bot/teams/test_teams_talk.py::test_", "bot/teams/test_teams_forms.py::test_"
ROOM, PAGE = "bot/preview/test_preview_server.py::test_", "browser/test_room_in_browser.py::test_"

SHOWN_BY: dict[str, tuple[str, ...]] = {
    "Typed commands": (
        STORIES + "test_asking.py::test_help_says_what_somebody_may_type",
        TALK + "a_command_of_a_general_name_is_found_under_the_name_that_it_has_in_slack",
    ),
    "Menu of commands": (
        "bot/slack/test_slack_checkup.py::test_the_manifest_names_commands_as_the_configuration_does",
        "bot/teams/test_teams_manifest.py::test_what_is_in_no_menu_help_names_to_those_who_may_type_it",
        PAGE + "a_visitor_is_told_in_three_lines_who_to_be_and_what_to_type",
    ),
    "In a channel": (
        TALK + "a_mention_is_answered_to_the_asker_alone_where_a_whisper_is_shown",
        TEAMS + "a_mention_in_a_channel_is_answered_in_our_chat_and_the_channel_is_told_so",
        TEAMS + "a_mention_in_a_group_chat_is_answered_in_our_chat_and_the_group_is_told_so",
        ROOM + "a_mention_is_for_the_bot",
    ),
    "Mention of a colleague in a command": (
        TALK + "a_mention_of_a_colleague_is_their_e_mail_to_the_handlers",
        TEAMS + "a_mention_of_a_colleague_is_their_e_mail_to_the_handlers",
        STORIES
        + "test_council.py::test_actions_come_from_a_message_and_from_a_mention_and_live_by_their_buttons",
    ),
    "Answer for the asker alone": (
        STORIES + "test_asking.py::test_figures_are_for_the_council_and_shared_only_on_purpose",
    ),
    "Share in channel": (
        STORIES + "test_asking.py::test_figures_are_for_the_council_and_shared_only_on_purpose",
        "bot/teams/test_teams_sharing.py::test_whoever_has_left_the_channel_shares_nothing_there",
    ),
    "Digest, manager's digest, escalation, preparation, reminders": (
        STORIES + "test_fixing.py::test_a_picked_date_turns_the_digest_into_what_was_done_and_counts_at_once",
        STORIES + "test_managing.py::test_what_nobody_settles_goes_to_the_manager_after_a_warning",
        STORIES + "test_council.py::test_actions_are_listed_reminded_of_and_told_in_the_recap",
    ),
    "Fix form": (
        STORIES + "test_fixing.py::test_a_form_counts_once_and_for_whoever_may",
        FORMS + "a_form_opens_in_a_window_says_what_is_wrong_at_the_field_and_closes_when_it_is_saved",
    ),
    "What is wrong with a form": (
        STORIES + "test_fixing.py::test_a_mistake_is_said_at_its_field_and_the_rest_stays_typed",
    ),
    "Form from a typed command": (
        STORIES + "test_fixing.py::test_of_several_matches_one_is_chosen_and_a_lost_deal_is_closed",
        TALK + "a_form_for_which_the_three_seconds_are_over_is_one_press_away",
        FORMS + "a_form_that_words_opened_leaves_what_was_said_for_good",
    ),
    "Date, choice and text in the message": (
        STORIES + "test_fixing.py::test_a_picked_date_turns_the_digest_into_what_was_done_and_counts_at_once",
        STORIES + "test_asking.py::test_ones_own_page_shows_ones_deals_and_takes_settings",
    ),
    "Choice among many people or deals": (
        TALK + "a_menu_is_searched_while_somebody_types",
        STORIES + "test_fixing.py::test_of_several_matches_one_is_chosen_and_a_lost_deal_is_closed",
    ),
    "Message changes in place": (
        STORIES + "test_asking.py::test_an_answer_in_which_a_deal_is_fixed_says_so_in_its_place",
        TEAMS + "a_click_shows_the_new_card_to_the_one_and_changes_the_message_for_all",
    ),
    "Slow CRM": (
        TALK + "a_slow_crm_leaves_a_form_that_asks_for_patience_and_then_says_what_came_of_it",
        FORMS + "a_form_that_takes_long_gives_way_to_its_message_and_cannot_be_sent_twice",
        ROOM + "answers_are_worked_out_beside_the_event_loop",
    ),
    "What goes wrong": (
        STORIES + "test_council.py::test_deals_behind_a_row_are_a_sheet_for_those_who_may_see_them",
        FORMS + "what_went_wrong_is_said_at_the_form_which_stays_as_it_is_filled_in",
    ),
    "Own page": (STORIES + "test_asking.py::test_ones_own_page_shows_ones_deals_and_takes_settings",),
    "Assign an action from a message": (
        STORIES
        + "test_council.py::test_actions_come_from_a_message_and_from_a_mention_and_live_by_their_buttons",
    ),
    "Council post": (
        STORIES + "test_council.py::test_actions_are_listed_reminded_of_and_told_in_the_recap",
        "bot/slack/test_slack_surface.py::test_a_picture_is_uploaded_once_and_shown_by_its_id",
        "bot/teams/test_teams_surface.py::test_a_picture_follows_in_the_thread_of_its_card",
        "browser/test_demo_in_browser.py::test_the_council_finds_its_summary_with_a_thread_per_red_row",
    ),
    "Folds (further rows, notes)": (
        "bot/teams/test_teams_unfolding.py::"
        "test_a_folded_table_is_closed_at_first_and_opens_row_by_row_whole",
        "messages/test_limits.py::test_a_picture_on_slack_has_its_table_folded_below_it",
        PAGE + "a_message_shows_its_block_kit_and_its_adaptive_card",
    ),
    "A message larger than the platform takes": (
        "bot/slack/test_slack_surface.py::"
        "test_a_card_larger_than_one_message_becomes_parts_that_are_changed_and_taken_away_together",
        "bot/teams/test_teams_surface.py::"
        "test_a_card_larger_than_one_message_becomes_parts_with_nothing_lost_that_change_together",
        PAGE + "the_page_never_scrolls_sideways_and_wide_tables_scroll_inside",
    ),
    "Addresses of deals": (
        TALK + "an_address_of_a_deal_in_a_channel_tells_the_poster_alone_what_it_lacks",
        "bot/teams/test_teams_unfolding.py::"
        "test_an_address_in_a_channel_for_deals_unfolds_into_what_the_deal_lacks",
    ),
    "Files (CSV, Markdown)": (
        STORIES + "test_council.py::test_deals_behind_a_row_are_a_sheet_for_those_who_may_see_them",
    ),
    "Council by membership": (
        "bot/slack/test_council_group.py::test_members_of_the_group_are_of_the_council_until_they_leave_it",
        "bot/teams/test_council_team.py::test_members_of_the_team_are_of_the_council_until_they_leave_it",
    ),
    "Leave": (
        STORIES + "test_asking.py::test_ones_own_page_shows_ones_deals_and_takes_settings",
        "bot/slack/test_absences.py::test_a_holiday_by_status_is_leave_until_its_last_day_and_ends_with_it",
    ),
    "Hour of the digest": (
        "bot/slack/test_slack_people.py::test_a_member_is_known_by_e_mail_and_time_zone",
        TEAMS + "words_in_the_personal_chat_are_answered_there",
        STORIES + "test_asking.py::test_ones_own_page_shows_ones_deals_and_takes_settings",
    ),
    "Guests, bots, other organisations": (
        STORIES + "test_asking.py::test_whoever_is_no_colleague_is_refused_in_words_and_gets_nothing",
    ),
    "Proactive messages": (
        "contracts/surface.py::test_a_posted_card_is_there_for_its_audience_alone",
        "bot/teams/test_teams_surface.py::test_somebody_without_the_app_is_named_with_what_to_do",
    ),
    "Somebody leaves, or takes the app away": (
        "bot/slack/test_slack_surface.py::"
        "test_somebody_who_has_left_is_noticed_although_the_conversation_with_them_was_known",
        "bot/teams/test_teams_installing.py::"
        "test_whoever_takes_the_app_away_gets_nothing_more_and_operations_are_told_how_it_comes_back",
    ),
    "Pace and refusals": (
        "bot/slack/test_slack_surface.py::test_patience_is_as_long_as_slack_says",
        "bot/teams/test_teams_surface.py::test_patience_is_as_long_as_teams_says",
    ),
    "What happens twice counts once": (
        STORIES + "test_fixing.py::test_a_form_counts_once_and_for_whoever_may",
        ROOM + "the_same_click_is_asked_once_and_answered_twice_alike",
    ),
    "After a crash between post and record": (
        "faults/test_slack_faults.py::test_a_process_killed_around_a_post_leaves_the_message_once",
        "faults/test_teams_faults.py::"
        "test_a_process_killed_around_a_post_leaves_the_message_to_operations_who_send_it_again",
        "contracts/surface.py::test_what_was_posted_is_found_by_its_key_and_nothing_else_is",
    ),
    "An answer that a crash swallowed": (
        "bot/test_resuming.py::test_a_question_is_answered_late_in_the_askers_own_conversation",
        STORIES + "test_managing.py::test_a_save_that_was_interrupted_is_found_and_every_message_says_so",
    ),
    "Way in": (
        "bot/slack/test_slack_door.py::"
        "test_whatever_is_wrong_with_the_headers_the_answer_is_401_and_nothing_runs",
        TEAMS + "an_unsigned_post_is_answered_401_with_nothing_and_asks_nothing",
        ROOM + "without_the_token_the_door_stays_closed_kindly",
    ),
    "Set-up": (
        "bot/slack/test_slack_checkup.py::"
        "test_a_workspace_in_which_all_is_well_says_so_and_the_administrator_is_written_to",
        "bot/teams/test_teams_checkup.py::test_what_is_well_and_what_lacks_is_said_line_by_line",
        "bot/preview/test_preview_ground.py::test_the_demo_needs_no_leave",
    ),
}


def read_rows() -> dict[str, list[str]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    assert head[1:] == list(SURFACES)
    return {name: cells for name, *cells in rows}


def test_no_cell_is_empty_and_what_a_surface_lacks_has_its_reason() -> None:
    for name, cells in read_rows().items():
        assert len(cells) == len(SURFACES), name
        for surface, cell in zip(SURFACES, cells, strict=True):
            assert len(cell.removeprefix(FORCED)) > 3, f"{name} on {surface}"


def test_slack_and_teams_lack_nothing() -> None:
    assert [
        name for name, cells in read_rows().items() if any(one.startswith(FORCED) for one in cells[:2])
    ] == []


def test_every_row_is_shown_by_tests_that_there_are() -> None:
    assert list(read_rows()) == list(SHOWN_BY)
    sources: dict[str, str] = {}
    for name, tests in SHOWN_BY.items():
        for test in tests:
            path, _, function = test.partition("::")
            source = sources.setdefault(path, (Path("tests") / path).read_text(encoding="utf-8"))
            assert re.search(rf"def {function}\(", source), f"{name}: {test}"


def test_every_command_can_be_typed_in_slack_as_elsewhere() -> None:
    assert TYPED_NAMES - {command.name for command in COMMANDS} == {"home", "assign"}, "App Home is the page"


@pytest.mark.parametrize("surface", SURFACES)
def test_the_stories_are_played_on_it_on_each_commit(surface: str) -> None:
    stage = {"Slack": "slack", "Teams": "teams", "local room": "preview"}[surface]
    assert any(name.startswith(stage) for name in EACH_TIME & set(STAGES))
