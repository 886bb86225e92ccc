"""Version 1 of `fractional`, that of flagd before 0.15: the absolute value of a signed MurmurHash3, as a percentage."""


def variant(unit, first, second):
    """The variant of a unit in a split of 50 and 50."""
    signed = murmur3_32(unit.encode())
    signed -= (signed & 0x8000_0000) << 1
    return first if abs(signed) / 0x7FFF_FFFF * 100 < 50 else second


def murmur3_32(data):
    state = 0
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        state ^= scramble(int.from_bytes(data[at : at + 4], "little"))
        state = (rotate(state, 13) * 5 + 0xE654_6B64) & 0xFFFF_FFFF
    state ^= scramble(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    state = ((state ^ state >> 16) * 0x85EB_CA6B) & 0xFFFF_FFFF
    state = ((state ^ state >> 13) * 0xC2B2_AE35) & 0xFFFF_FFFF
    return state ^ state >> 16


def scramble(block):
    return (rotate((block * 0xCC9E_2D51) & 0xFFFF_FFFF, 15) * 0x1B87_3593) & 0xFFFF_FFFF


def rotate(value, bits):
    return ((value << bits) | (value >> (32 - bits))) & 0xFFFF_FFFF
