"""Does the badge's clock count right, across its wrap too?"""

from hypothesis import given
from hypothesis import strategies as st

from firmware.crc import crc16
from firmware.ticks import after, due, since

END, MOST = 2**30, 2**29 - 1
# of a wide range hypothesis draws small numbers, which never come to the wrap
MOMENT = st.integers(0, END - 1) | st.integers(1, MOST).map(lambda before: END - before)
SPAN = st.integers(0, MOST) | st.integers(0, MOST).map(lambda less: MOST - less)


@given(MOMENT, SPAN)
def test_after_and_since_undo_each_other(now, span):
    later = after(now, span)
    assert 0 <= later < 2**30
    assert since(now, later) == span and since(later, now) == -span
    assert due(now, later) and (span == 0 or not due(later, now))


def test_crc_matches_the_published_check_value():
    assert crc16(b"123456789", 0, 9) == 0x29B1
