"""Does an alarm that nobody hears stay lawful, and tried in every minute, for a whole day at the slowest SF?"""

from test_unheard import Alone, live


def test_in_every_minute_of_a_day_without_a_gateway_one_more_try_is_lawful():
    live(Alone(12, 60_000), 24)
