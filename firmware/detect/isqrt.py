"""What is the whole square root, in at most 15 turns and without a float?"""

from micropython import const

_TOP = const(0x10000000)  # the highest power of four below 2^30


def isqrt(n):
    """Return the largest r with r * r <= n, for n below 2^30; 0 for n below 1."""
    if n <= 0:
        return 0
    r = 0
    b = _TOP
    while b > n:
        b >>= 2
    while b:
        if n >= r + b:
            n -= r + b
            r = (r >> 1) + b
        else:
            r >>= 1
        b >>= 2
    return r
