"""What becomes of a datagram on its way? It is lost, delayed, repeated or damaged, as the day's rates say."""

import heapq


class Air:
    """Carries bytes in virtual time. draw: the day's random.Random. loss, repeat, damage: shares from 0 to 1."""

    def __init__(self, draw, loss, repeat, damage):
        self._draw = draw
        self._loss = loss
        self._repeat = repeat
        self._damage = damage
        self._flying = []
        self._count = 0

    def send(self, data, to, now):
        """Send `data` to `to` at `now` (ms); it may arrive never, once, or twice, and not as it was."""
        for _ in range(2 if self._draw.random() < self._repeat else 1):
            if self._draw.random() < self._loss:
                continue
            sent = bytearray(data)
            if self._draw.random() < self._damage:
                sent[self._draw.randrange(len(sent))] ^= 1 << self._draw.randrange(8)
            self._count += 1
            heapq.heappush(self._flying, (now + self._draw.randint(3, 90), self._count, bytes(sent), to))

    def arrived(self, now):
        """Return [(bytes, to)] that have arrived by `now`, and forget them."""
        found = []
        while self._flying and self._flying[0][0] <= now:
            _, _, data, to = heapq.heappop(self._flying)
            found.append((data, to))
        return found

    def empty(self):
        """Return whether nothing is on its way."""
        return not self._flying
