"""Where a room may open: on this machine, and never over a real CRM by accident."""

import pytest

from bot.preview.ground import DEMO, Ground, RoomRefused, check_ground, check_loopback


@pytest.mark.parametrize(
    ("asked", "bound"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("127.8.0.1", "127.8.0.1"),
    ],
)
def test_loopback_addresses_are_taken(asked: str, bound: str) -> None:
    assert check_loopback(asked) == bound


@pytest.mark.parametrize("asked", ["0.0.0.0", "::", "192.168.1.4", "example.org", "", "127.0.0.1.evil.org"])
def test_any_other_address_is_refused_by_name(asked: str) -> None:
    with pytest.raises(RoomRefused, match="this machine alone") as refused:
        check_loopback(asked)
    assert repr(asked) in str(refused.value)


class TestRealCrm:
    def test_the_demo_needs_no_leave(self) -> None:
        check_ground(DEMO, allow_real_crm=False)

    def test_a_real_crm_is_refused_unless_asked_for(self) -> None:
        salesforce = Ground("Salesforce", is_real=True, can_write=False)
        with pytest.raises(RoomRefused, match="does not open over Salesforce"):
            check_ground(salesforce, allow_real_crm=False)
        check_ground(salesforce, allow_real_crm=True)

    def test_a_real_crm_is_never_written_to_even_when_asked_for(self) -> None:
        with pytest.raises(RoomRefused, match="read-only"):
            check_ground(Ground("Salesforce", is_real=True, can_write=True), allow_real_crm=True)
