#!/usr/bin/env python3
"""Prints the bucket of each line `DIALECT<TAB>FLAG<TAB>UNIT`, computed from the formulas of the other flag services.

A second implementation, so that a mistake in the first one cannot hide in its own tests.
"""

import hashlib
import sys


def utf16(text):
    """The UTF-16 units of a text, which JavaScript and Java hash."""
    data = text.encode("utf-16-le")
    return [int.from_bytes(data[at:at + 2], "little") for at in range(0, len(data), 2)]


def absolute(bits):
    """The absolute value of 32 bits, read as a signed integer."""
    return abs(bits - (1 << 32) if bits & (1 << 31) else bits)


def fnv1a(_flag, unit):
    """`h ^= unit; h = Math.imul(h, 16777619)` over the unit alone."""
    units = utf16(unit)
    value = 2166136261
    for part in units:
        value = ((value ^ part) * 16777619) & 0xFFFFFFFF
    return (absolute(value) if units else value) % 100


def md5(flag, unit):
    """The first eight hexadecimal digits."""
    return int(hashlib.md5(f"{flag}:{unit}".encode()).hexdigest()[:8], 16) % 100


def java31(flag, unit):
    """`h = (h << 5) - h + unit` in 32 bits."""
    value = 0
    for part in utf16(f"{flag}:{unit}"):
        value = ((value << 5) - value + part) & 0xFFFFFFFF
    return absolute(value) % 100


DIALECTS = {"fnv1a32-abs100": fnv1a, "md5-8hex-100": md5, "java31-abs100": java31}


def main():
    """Answers all lines."""
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    for line in sys.stdin:
        dialect, flag, unit = line.rstrip("\n").split("\t")
        print(DIALECTS[dialect](flag, unit))


if __name__ == "__main__":
    main()
