"""Private keys of every algorithm: from a name, or any that there is."""

from __future__ import annotations

import hashlib

from hypothesis import strategies as st

from launchnotice.registry import Algorithm
from launchnotice.wire.ecdsa import SIZE, N
from launchnotice.wire.keys import SEED_SIZES, SigningKey

_HASHES = {32: hashlib.sha256, SIZE: hashlib.sha384}


def seed_of(alg: Algorithm, name: str) -> bytes:
    """A private key of an algorithm that follows from a name."""
    return _HASHES[SEED_SIZES[alg]](name.encode()).digest()


def seeds(alg: Algorithm) -> st.SearchStrategy[bytes]:
    """Any private key: a scalar from 1 to n - 1 of ESP384, any bytes of the others."""
    if alg is Algorithm.ESP384:
        return st.integers(1, N - 1).map(lambda scalar: scalar.to_bytes(SIZE))
    return st.binary(min_size=SEED_SIZES[alg], max_size=SEED_SIZES[alg])


def signers(*algorithms: Algorithm) -> st.SearchStrategy[SigningKey]:
    """Any key of any of these algorithms, of all if none is given."""
    chosen = st.sampled_from(algorithms or tuple(Algorithm))
    return chosen.flatmap(lambda alg: st.builds(SigningKey.from_seed, st.just(alg), seeds(alg)))
