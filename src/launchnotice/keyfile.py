"""Private keys of one identity in one file: a PEM block for each algorithm of the suite.

- Each block is an `ENCRYPTED PRIVATE KEY` (RFC 5958 section 3, RFC 7468 section 11) of one
  form: PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018), around an Ed25519 key
  (RFC 8410), a P-384 key with its public key (RFC 5915), or the seed of an ML-DSA-65 or
  ML-DSA-87 key (RFC 9881). `openssl pkey` reads it.
- Keys for exercises say so in the salt of each block, which begins with the word EXERCISE: who changes the
  mark changes the derived secret, and the block no longer decrypts.
- The file is written once, with mode 0600, and never overwritten.
- The form has no integrity check: a file damaged within the encrypted part may give another
  key, which no mandate lists.

Not here: who the identity is. A file says nothing of it but through the thumbprints.

>>> key = SigningKey.generate(Algorithm.ED25519)
>>> text = dump_keys([key], b"a long passphrase")
>>> [found.key == key.key for found in load_keys(text, b"a long passphrase")]
[True]
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA87PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from launchnotice.errors import UsageError
from launchnotice.registry import SUITE_ALGORITHMS, Algorithm, Usage, label
from launchnotice.wire.keys import SEED_SIZES, SigningKey

MAX_KEY_FILE: Final = 16_384
"""Bytes of a key file; an identity takes 302 (`classic`) to 779 (`hybrid-high`). Nothing larger is read."""
MAX_KEYS: Final = max(map(len, SUITE_ALGORITHMS.values()))
"""Keys of one identity: one for each algorithm of its suite."""
ITERATIONS: Final = 600_000
"""PBKDF2 rounds of a file that we write: OWASP's number for SHA-256, about 0.1 s for each key."""
MAX_ITERATIONS: Final = 10_000_000
"""PBKDF2 rounds of a file that we read: bounds the time that a file can take to some 2 s for each key."""


def dump_keys(keys: Sequence[SigningKey], passphrase: bytes) -> bytes:
    """The PEM text of one identity's keys, encrypted.

    Args:
        keys: one or two, each of another algorithm, all for exercises or none.
        passphrase: at least one byte.

    Raises:
        UsageError: `bad-value`.
    """
    _check_passphrase(passphrase)
    if not 1 <= len(keys) <= MAX_KEYS or any(type(key) is not SigningKey for key in keys):
        raise UsageError(Usage.BAD_VALUE, f"keys: expected 1 to {MAX_KEYS} SigningKey")
    if len({key.key.alg for key in keys}) != len(keys):
        raise UsageError(Usage.BAD_VALUE, "keys: two of one algorithm")
    if len({key.exercise for key in keys}) != 1:
        raise UsageError(Usage.BAD_VALUE, "keys: one is for exercises, the other is not")
    return b"".join(_armour(_encrypt(key, passphrase)) for key in keys)


def load_keys(data: bytes, passphrase: bytes) -> tuple[SigningKey, ...]:
    """The keys of a PEM text, in its order.

    Raises:
        UsageError: `bad-key-file`: empty, too large, no PEM text, something else than keys encrypted
            as described above, an unsupported algorithm, two keys of one, or one of two for exercises;
            `wrong-passphrase`:
            the keys do not decrypt; `bad-value`: an empty passphrase.
    """
    _check_passphrase(passphrase)
    found: dict[Algorithm, SigningKey] = {}
    for block in _blocks(data):
        key = _decrypt(block, passphrase)
        if key.key.alg in found:
            raise _bad_file(f"two keys of {label(key.key.alg)}")
        found[key.key.alg] = key
    if len({key.exercise for key in found.values()}) > 1:
        raise _bad_file("one key is for exercises, the other is not")
    return tuple(found.values())


def write_keys(path: str | Path, keys: Sequence[SigningKey], passphrase: bytes) -> None:
    """Write a new key file that only its owner may read.

    Raises:
        UsageError: `bad-key-file`: the file exists or cannot be written; `bad-value`: see `dump_keys`.
    """
    data = dump_keys(keys, passphrase)
    try:
        file = open(path, "xb", opener=_owner_only)  # noqa: SIM115 - what it raises means another thing
    except (OSError, ValueError) as error:
        raise _bad_file(f"cannot be created: {_reason(error)}") from None
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        Path(path).unlink(missing_ok=True)  # ours, and worth nothing
        raise _bad_file(f"cannot be written: {_reason(error)}") from None


def read_keys(path: str | Path, passphrase: bytes) -> tuple[SigningKey, ...]:
    """The keys of a file; raises as `load_keys`, and `bad-key-file` if the file cannot be read."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_KEY_FILE + 1)
    except (OSError, ValueError) as error:
        raise _bad_file(f"cannot be read: {_reason(error)}") from None
    return load_keys(data, passphrase)


# PEM -----------------------------------------------------------------------------------
_LABEL: Final = b"ENCRYPTED PRIVATE KEY"
_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----")


def _armour(der: bytes) -> bytes:
    text = base64.b64encode(der)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN %b-----" % _LABEL, *lines, b"-----END %b-----" % _LABEL, b""])


def _blocks(data: bytes) -> list[bytes]:
    if type(data) is not bytes:
        raise UsageError(Usage.BAD_VALUE, "data: expected bytes")
    if len(data) > MAX_KEY_FILE:
        raise _bad_file(f"larger than {MAX_KEY_FILE} bytes")
    blocks = _BLOCK.findall(data)
    # Counted before anything is decrypted: each block costs a key derivation.
    if not 1 <= len(blocks) <= MAX_KEYS:
        raise _bad_file(f"expected 1 to {MAX_KEYS} PEM blocks, got {len(blocks)}")
    if _BLOCK.sub(b"", data).strip():
        raise _bad_file("text outside the PEM blocks")
    if any(name == b"PRIVATE KEY" for name, _ in blocks):
        raise _bad_file("a private key that is not encrypted")
    if any(name != _LABEL for name, _ in blocks):
        raise _bad_file(f"expected PEM blocks {_LABEL.decode()}")
    return [_base64(body) for _, body in blocks]


def _base64(body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except ValueError:
        raise _bad_file("a PEM block that is not base64") from None


# PKCS #8 -------------------------------------------------------------------------------
# `cryptography` writes this form, but with 2,048 rounds and no way to ask for more; it reads any
# number, also one that takes hours. So the outer layer is written and compared here.
_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256: Final = bytes.fromhex("300c06082a864886f70d02090500")
_AES256_CBC: Final = bytes.fromhex("060960864801650304012a")
_LONG_FORM: Final = 0x80  # lengths from here on take a byte that counts the bytes of the length
# Finds salt, rounds, IV and encrypted key, no more: `_framed` says whether the rest is right. Older
# OpenSSL takes 8 bytes of salt. Private keys of 48 (Ed25519) and 54 bytes (ML-DSA) are padded to 64,
# of 185 (P-384) to 192; lengths around the latter take a byte more or two.
_PARTS: Final = re.compile(
    rb".{5,6}%b.{4}%b.{4}(.{8}|.{16})\x02.(.{1,4})%b..%b..(.{16}).{2,3}(.{64}|.{192})"
    % tuple(map(re.escape, (_PBES2, _PBKDF2, _HMAC_SHA256, _AES256_CBC))),
    re.DOTALL,
)
_Private: TypeAlias = Ed25519PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey | ec.EllipticCurvePrivateKey
_PRIVATE: Final[dict[Algorithm, Callable[[bytes], _Private]]] = {
    Algorithm.ED25519: Ed25519PrivateKey.from_private_bytes,
    Algorithm.ML_DSA_65: MLDSA65PrivateKey.from_seed_bytes,
    Algorithm.ML_DSA_87: MLDSA87PrivateKey.from_seed_bytes,
    Algorithm.ESP384: lambda scalar: ec.derive_private_key(int.from_bytes(scalar), ec.SECP384R1()),
}


_EXERCISE: Final = b"EXERCISE"


def _encrypt(key: SigningKey, passphrase: bytes) -> bytes:
    # R-EXER-1: eight random bytes are enough of a salt (RFC 8018 section 4.1).
    salt, start = _EXERCISE + os.urandom(8) if key.exercise else os.urandom(16), os.urandom(16)
    secret = PBKDF2HMAC(hashes.SHA256(), 32, salt, ITERATIONS).derive(passphrase)
    pad = padding.PKCS7(algorithms.AES256.block_size).padder()
    cipher = Cipher(algorithms.AES256(secret), modes.CBC(start)).encryptor()
    encrypted = cipher.update(pad.update(_private_info(key)) + pad.finalize()) + cipher.finalize()
    return _framed(salt, ITERATIONS, start, encrypted)


def _framed(salt: bytes, rounds: int, start: bytes, encrypted: bytes) -> bytes:
    """EncryptedPrivateKeyInfo (RFC 5958 section 3) with the parameters of RFC 8018 appendix A.4."""
    count = _der(0x02, rounds.to_bytes(rounds.bit_length() // 8 + 1))
    derivation = _der(0x30, _PBKDF2, _der(0x30, _der(0x04, salt), count, _HMAC_SHA256))
    encryption = _der(0x30, _AES256_CBC, _der(0x04, start))
    algorithm = _der(0x30, _PBES2, _der(0x30, derivation, encryption))
    return _der(0x30, algorithm, _der(0x04, encrypted))


def _private_info(key: SigningKey) -> bytes:
    private = _PRIVATE[key.key.alg](key.seed)
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < _LONG_FORM:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, _LONG_FORM | len(length)]) + length + body


def _decrypt(block: bytes, passphrase: bytes) -> SigningKey:
    exercise = _salt(block).startswith(_EXERCISE)
    try:
        private = serialization.load_der_private_key(block, passphrase)
    except (ValueError, InternalError):
        # The frame is right, so what fails is decryption, or what it gave. (InternalError: a flipped
        # bit of the IV can make an Ed25519 key an Ed448 key of the wrong length.)
        raise UsageError(Usage.WRONG_PASSPHRASE, "or the key file is damaged") from None
    except UnsupportedAlgorithm:
        raise _bad_file("an unsupported algorithm") from None
    return SigningKey.from_seed(*_seed(private), exercise=exercise)


def _seed(private: object) -> tuple[Algorithm, bytes]:
    match private:
        case Ed25519PrivateKey():
            return Algorithm.ED25519, private.private_bytes_raw()
        case MLDSA65PrivateKey():
            return Algorithm.ML_DSA_65, private.private_bytes_raw()
        case MLDSA87PrivateKey():
            return Algorithm.ML_DSA_87, private.private_bytes_raw()
        case ec.EllipticCurvePrivateKey(curve=ec.SECP384R1()):
            scalar = private.private_numbers().private_value
            return Algorithm.ESP384, scalar.to_bytes(SEED_SIZES[Algorithm.ESP384])
    raise _bad_file("an unsupported algorithm")


def _salt(block: bytes) -> bytes:
    """The salt of a block that has the form above, to the byte."""
    found = _PARTS.fullmatch(block)
    if found:
        salt, rounds, start, encrypted = found.groups()
        count = int.from_bytes(rounds)
        if 1 <= count <= MAX_ITERATIONS and _framed(salt, count, start, encrypted) == block:
            return salt
    raise _bad_file("expected PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC around one key")


def _check_passphrase(passphrase: bytes) -> None:
    if type(passphrase) is not bytes or not passphrase:
        raise UsageError(Usage.BAD_VALUE, "passphrase: expected at least one byte")


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "not a usable path"


def _bad_file(detail: str) -> UsageError:
    return UsageError(Usage.BAD_KEY_FILE, detail)
