"""Bytes cut off, flipped and put in, as disks and transfers do."""

from collections.abc import Callable

from tests.core.data.mutant_source import Mutant, Random, Source


def cut_end(source: Source, random: Random) -> Mutant:
    at = int(random.integers(len(source.content) + 1))
    half = at > len(source.content) / 2  # enough rows left to tell day from month
    return Mutant(source.content[:at], f"at byte {at}", 1 if half and source.file[:2] != "31" else None, shorter=True)


def cut_start(source: Source, random: Random) -> Mutant:
    at = int(random.integers(len(source.content) + 1))
    return Mutant(source.content[at:], f"until byte {at}")


def cut_middle(source: Source, random: Random) -> Mutant:
    ends = sorted(int(place) for place in random.integers(len(source.content) + 1, size=2))
    return Mutant(source.content[: ends[0]] + source.content[ends[1] :], f"bytes {ends[0]} to {ends[1]}")


def flipped_bytes(source: Source, random: Random) -> Mutant:
    """Kept away from the header, where a flip may take its delimiter; without new quotes, which swallow lines."""
    content = bytearray(source.content)
    count = int(random.integers(1, 12))
    start = len(content) // 4
    for place in random.integers(start, max(len(content), start + 1), count) if content else ():
        flipped = content[place] ^ (1 << int(random.integers(8)))
        content[place] = flipped if flipped not in b'"\0' else content[place]
    single = source.text is not None and source.encoding != "utf-16" and len(source.table) > 40
    return Mutant(bytes(content), f"{count} bytes", 2 * count if single and source.file[:2] != "31" else None)


def flipped_header(source: Source, random: Random) -> Mutant:
    content = bytearray(source.content)
    for place in random.integers(0, max(min(len(content), 200), 1), 3) if content else ():
        content[place] ^= 1 << int(random.integers(8))
    return Mutant(bytes(content), "3 bytes of the first 200")


def nul_block(source: Source, random: Random) -> Mutant:
    at = int(random.integers(len(source.content) + 1))
    return Mutant(source.content[:at] + bytes(4_096) + source.content[at:], f"at byte {at}")


def noise_inside(source: Source, random: Random) -> Mutant:
    at = int(random.integers(len(source.content) + 1))
    return Mutant(source.content[:at] + random.bytes(300) + source.content[at:], f"at byte {at}")


BYTES: dict[str, Callable[[Source, Random], Mutant]] = {
    made.__name__: made
    for made in (cut_end, cut_start, cut_middle, flipped_bytes, flipped_header, nul_block, noise_inside)
}
