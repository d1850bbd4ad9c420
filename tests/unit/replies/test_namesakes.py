"""Nobody is taken for somebody else of the same name."""

from __future__ import annotations

from bridge.people.identity import BitrixUserId, Recipient
from bridge.replies.namesakes import tell_apart
from tests.fakes.portal import ANNA, BORIS

HERE, THERE = "here.example", "there.example"
OTHER_ANNA = Recipient(BitrixUserId(9), ANNA.name)


def test_people_are_called_by_their_names() -> None:
    assert tell_apart([(ANNA, HERE), (BORIS, THERE)]) == ("Anna Petrova", "Boris Ivanov")


def test_namesakes_in_different_portals_are_told_apart_by_them() -> None:
    assert tell_apart([(ANNA, HERE), (BORIS, HERE), (ANNA, THERE)]) == (
        "Anna Petrova (here.example)",
        "Boris Ivanov",
        "Anna Petrova (there.example)",
    )


def test_namesakes_in_one_portal_are_told_apart_by_their_numbers() -> None:
    assert tell_apart([(ANNA, HERE), (OTHER_ANNA, HERE)]) == (
        "Anna Petrova (#5)",
        "Anna Petrova (#9)",
    )


def test_of_several_namesakes_only_those_in_one_portal_need_their_numbers() -> None:
    assert tell_apart([(ANNA, HERE), (OTHER_ANNA, HERE), (ANNA, THERE)]) == (
        "Anna Petrova (here.example, #5)",
        "Anna Petrova (here.example, #9)",
        "Anna Petrova (there.example)",
    )


def test_who_has_no_name_is_a_number_in_a_portal() -> None:
    nameless = Recipient(BitrixUserId(5))
    assert tell_apart([(nameless, HERE), (nameless, THERE)]) == (
        "#5 (here.example)",
        "#5 (there.example)",
    )
