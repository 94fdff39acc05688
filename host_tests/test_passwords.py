"""Is only the password that was chosen right, do tries get slow, and has each refusal its sentence?"""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.gateway import accounts, authentication, permissions
from tools.gateway.pages import account_words, board
from tools.gateway.throttle import FORGET_S, MOST, Throttle

HASHER, NOBODY = accounts._HASHER, accounts.NOBODY


@pytest.fixture(autouse=True, scope="module")
def quick():
    """argon2id as weak as it can be."""
    with pytest.MonkeyPatch.context() as patch:
        weak = accounts.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(accounts, "_HASHER", weak)
        patch.setattr(accounts, "NOBODY", weak.hash("nobody"))
        yield


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=30, deadline=None)
def test_only_the_password_that_was_chosen_is_right(chosen, tried):
    try:
        kept = accounts.hashed(chosen, "Anna")
    except accounts.Refused:
        return
    assert accounts.right(kept, chosen)
    same = accounts.checked(chosen, "Anna")
    assert accounts.right(kept, tried) == (unicodedata.normalize("NFKC", tried) == same)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaa", "abababababab", "x" * 201, "\ud800" * 12,
                                      "Anna Hansen", None])
def test_a_password_that_is_easily_guessed_is_refused(password):
    with pytest.raises(accounts.Refused):
        accounts.hashed(password, "anna hansen")
    assert not accounts.right(None, str(password))


def test_a_name_that_is_not_known_costs_what_a_password_costs():
    assert not HASHER.check_needs_rehash(NOBODY)


def test_tries_get_slow_and_are_forgotten_and_made_up_names_fill_no_memory():
    tries, now = Throttle(), 1000.0
    for _ in range(3):
        assert tries.wait_s("a", 3, 60, now) == 0
        tries.failed("a", now)
    waits = []
    for _ in range(10):
        waits.append(tries.wait_s("a", 3, 60, now))
        now += waits[-1]
        assert tries.wait_s("a", 3, 60, now) == 0
        tries.failed("a", now)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    now += FORGET_S + 1
    assert tries.wait_s("a", 3, 60, now) == 0
    tries.failed("a", now)
    assert tries.wait_s("a", 3, 60, now) == 0, "it is the first again"
    for n in range(2 * MOST):
        tries.failed(n, now)
    assert len(tries._failures) <= MOST
    tries.worked(2 * MOST - 1)
    assert tries.wait_s(2 * MOST - 1, 0, 60, now) == 0


def test_both_languages_say_the_same_and_every_refusal_has_its_sentence():
    assert {f"role_{role}" for role in permissions.ROLES} <= set(account_words.WORDS["en"])
    assert set(permissions.ON_ALARMS) == set(permissions.ON_BADGES) == set(permissions.SESSION_MS)
    source = "".join(path.read_text(encoding="utf-8") for path in (
        board.HERE / "login.js", board.HERE / "people.js", board.HERE.parent / "accounts.py"))
    wanted = set(re.findall(r"\bwords\.(?!py)(\w+)", source)) | set(re.findall(r'Refused\("(\w+)"\)', source))
    assert wanted <= set(account_words.WORDS["da"])
    assert authentication.NAME_FREE < authentication.FROM_FREE < authentication.ALL_FREE
