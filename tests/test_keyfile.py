"""Key files: what is written can be read, anything else is a `UsageError`, and nothing is shown."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, rsa, x25519
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import keyfile
from launchnotice.errors import UsageError
from launchnotice.keyfile import dump_keys, load_keys, read_keys, write_keys
from launchnotice.registry import Algorithm, Suite, Usage, label
from launchnotice.wire.keys import SigningKey, generate
from tests.support.seeds import signers

PASSPHRASE = b"correct horse"
REAL_ITERATIONS = keyfile.ITERATIONS
ED = SigningKey.from_seed(Algorithm.ED25519, bytes(range(32)))
ML = SigningKey.from_seed(Algorithm.ML_DSA_65, bytes(range(32, 64)))
HIGH = SigningKey.from_seed(Algorithm.ML_DSA_87, bytes(range(64, 96)))
EC = SigningKey.from_seed(Algorithm.ESP384, bytes(range(48)))
EACH = pytest.mark.parametrize("key", [ED, ML, HIGH, EC], ids=lambda key: label(key.key.alg))

identities = st.lists(st.sampled_from(list(Algorithm)), min_size=1, max_size=2, unique=True).flatmap(
    lambda algs: st.tuples(*(signers(alg) for alg in algs))
)


@pytest.fixture(scope="module", autouse=True)
def _one_round() -> Iterator[None]:
    """Key derivation is slow on purpose; one round is the same form."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyfile, "ITERATIONS", 1)
        yield


def usage(call: Callable[..., object], *args: Any) -> Usage:
    """The code of the `UsageError` that a call raises."""
    with pytest.raises(UsageError) as caught:
        call(*args)
    return caught.value.code


def outcome(data: bytes, passphrase: bytes = PASSPHRASE) -> Usage | list[bytes]:
    """The seeds in a text or the code; any other exception fails the test."""
    try:
        return [key.seed for key in load_keys(data, passphrase)]
    except UsageError as error:
        return error.code


def der(pem: bytes) -> bytes:
    return base64.b64decode(b"".join(pem.split(b"\n")[1:-2]))


def pem_of(private: Any, *, encrypted: bool = True) -> bytes:
    """A key as `cryptography` writes it."""
    how: Any = serialization.NoEncryption()
    if encrypted:
        how = serialization.BestAvailableEncryption(PASSPHRASE)
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
    assert isinstance(pem, bytes)
    return pem


# Round trips ---------------------------------------------------------------------------


@given(identities, st.binary(min_size=1, max_size=200))
@settings(max_examples=40)
def test_what_is_dumped_loads_in_its_order(keys: tuple[SigningKey, ...], passphrase: bytes) -> None:
    loaded = load_keys(dump_keys(keys, passphrase), passphrase)
    assert [(key.key, key.seed) for key in loaded] == [(key.key, key.seed) for key in keys]


@EACH
def test_cryptography_reads_our_form_and_we_read_its(key: SigningKey) -> None:
    private: Any = serialization.load_pem_private_key(dump_keys([key], PASSPHRASE), PASSPHRASE)
    if key is EC:
        assert private.private_numbers().private_value == int.from_bytes(key.seed)
    else:
        assert private.private_bytes_raw() == key.seed
    assert outcome(pem_of(private)) == [key.seed]


def test_file_that_we_write_is_costly_to_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfile, "ITERATIONS", REAL_ITERATIONS)
    pem = dump_keys([ED], PASSPHRASE)
    assert REAL_ITERATIONS >= 600_000
    assert b"\x02\x03" + REAL_ITERATIONS.to_bytes(3) in der(pem)
    assert outcome(pem) == [ED.seed]


@pytest.mark.requirement("R-EXER-1")
@EACH
def test_a_key_for_exercises_comes_back_as_one_and_its_mark_cannot_be_changed(key: SigningKey) -> None:
    """The mark is part of the salt: with another salt the passphrase gives another secret."""
    drill = SigningKey.from_seed(key.key.alg, key.seed, exercise=True)
    for one in (key, drill):
        data = dump_keys([one], PASSPHRASE)
        (found,) = load_keys(data, PASSPHRASE)
        assert (found.key, found.exercise) == (one.key, one.exercise)
        (block,) = keyfile._blocks(data)
        salt = keyfile._salt(block)
        assert salt.startswith(b"EXERCISE") is one.exercise
        other = b"EXERCISE" + salt[8:] if not one.exercise else bytes(8) + salt[8:]
        forged = keyfile._armour(block.replace(salt, other))
        assert usage(load_keys, forged, PASSPHRASE) in {Usage.WRONG_PASSPHRASE, Usage.BAD_KEY_FILE}


def test_one_file_holds_no_keys_of_both_sides() -> None:
    drill = SigningKey.from_seed(Algorithm.ED25519, ED.seed, exercise=True)
    assert usage(dump_keys, [drill, ML], PASSPHRASE) is Usage.BAD_VALUE
    both = dump_keys([drill], PASSPHRASE) + dump_keys([ML], PASSPHRASE)
    assert usage(load_keys, both, PASSPHRASE) is Usage.BAD_KEY_FILE


def test_two_files_of_one_key_share_no_salt() -> None:
    first, second = (der(dump_keys([ED], PASSPHRASE)) for _ in range(2))
    assert first[35:51] != second[35:51]
    assert first[-64:] != second[-64:]


def test_file_of_older_openssl_has_a_shorter_salt() -> None:
    """Eight bytes of salt: `openssl pkcs8 -topk8 -iter 2` of OpenSSL 3.0 wrote it."""
    pem = b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAjeP341hdC8+gIBAjAM
BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQI6PxZh+q+oMAwqIOvNagPARA9hzl
r60ovcKwt4AmelLGtjHqTaPBVXtw7R7wwtcTz5x0PElPT9aEnRhD1JhC8HaRPENB
LdgTE7V+ae3MFFWq4Q==
-----END ENCRYPTED PRIVATE KEY-----
"""
    assert outcome(pem) == [ED.seed]


def test_p384_key_of_older_openssl() -> None:
    """`openssl ecparam -name secp384r1 -genkey | openssl pkcs8 -topk8 -iter 2` of OpenSSL 3.0 wrote it."""
    pem = b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MIIBGzBWBgkqhkiG9w0BBQ0wSTAoBgkqhkiG9w0BBQwwGwQIlwqHCGYEiBgCAQIw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMAGrQFrX7kFZh0vcrvVTJ8EgcBl
vYaO3yA6NlMq7EJFRVFnnk0mwbb3qRNeY96iXcGJj1wKtWiN64ssjEev6tXibuAN
x75u9dw1GxTvFXFlnX6pgOJO1fl30iksmbsJhU/SbCu88kQL5KB4OzJcWaNXVGxN
2vQolyW7wTCpyhfCcjf6TmnAIleQEJvUTDOhLsfHaUN5GFwVg3mICbwmjX+Fzp88
6kxabNLtGw9N2BJye63Qfn/UnHAytgtiliJ2147C7/ZkmjS0UdFScIZzR+QHaks=
-----END ENCRYPTED PRIVATE KEY-----
"""
    (key,) = load_keys(pem, b"x")
    assert (key.key.alg, key.key.kid.hex()[:8]) == (Algorithm.ESP384, "50f0c93b")


@pytest.mark.parametrize(
    ("alg", "info", "public"),
    [
        (
            Algorithm.ML_DSA_65,
            "MDQCAQAwCwYJYIZIAWUDBAMSBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
            "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9",
        ),
        (
            Algorithm.ML_DSA_87,
            "MDQCAQAwCwYJYIZIAWUDBAMTBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
            "91dc389cfaa01470b7f66eee45a4ae9026d154817c754dfe22298b3fa241ffcd",
        ),
    ],
)
def test_what_is_encrypted_is_the_example_of_rfc_9881(alg: Algorithm, info: str, public: str) -> None:
    """Appendix C.1, keys that are a seed alone; of the public keys in C.2 their SHA-256."""
    key = SigningKey.from_seed(alg, bytes(range(32)))
    assert base64.b64encode(keyfile._private_info(key)).decode() == info
    assert hashlib.sha256(key.key.raw).hexdigest() == public


def test_what_is_encrypted_of_p384_is_that_of_rfc_5915() -> None:
    """Put together by hand: version, algorithm and curve; version, scalar and public key."""
    inner = b"\x02\x01\x01\x04\x30" + EC.seed + b"\xa1\x64\x03\x62\x00\x04" + EC.key.raw
    curve = bytes.fromhex("301006072a8648ce3d020106052b81040022")
    wrapped = b"\x02\x01\x00" + curve + b"\x04\x81\x9e\x30\x81\x9b" + inner
    assert keyfile._private_info(EC) == b"\x30\x81\xb6" + wrapped


@pytest.mark.parametrize("key", [ED, EC], ids=["ed25519", "esp384"])
def test_openssl_reads_what_we_write(key: SigningKey, tmp_path: Path) -> None:
    """ML-DSA needs OpenSSL 3.5."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")
    path = tmp_path / "key.pem"
    write_keys(path, [key], PASSPHRASE)
    command = [openssl, "pkey", "-in", str(path), "-passin", f"pass:{PASSPHRASE.decode()}", "-outform", "DER"]
    private: Any = serialization.load_der_private_key(subprocess.check_output(command), None)
    assert outcome(pem_of(private)) == [key.seed]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_line_ends_and_blank_lines_do_not_matter(ending: bytes) -> None:
    pem = dump_keys([ED, ML], PASSPHRASE)
    spaced = ending + b"\n".join(line.rstrip() + ending for line in pem.split(b"\n"))
    assert outcome(spaced.replace(b"\n\n", b"\n")) == [ED.seed, ML.seed]


# Wrong passphrase ----------------------------------------------------------------------


@EACH
def test_wrong_passphrase_is_told_also_when_the_padding_fits_by_chance(key: SigningKey) -> None:
    """About one wrong passphrase in 256 decrypts to well padded nonsense."""
    pem = dump_keys([key], PASSPHRASE)
    assert {outcome(pem, b"%d" % n) for n in range(2000)} == {Usage.WRONG_PASSPHRASE}


@pytest.mark.parametrize("passphrase", [b"", "text", None, bytearray(b"x")])
def test_passphrase_is_some_bytes(passphrase: Any, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    assert usage(dump_keys, [ED], passphrase) is Usage.BAD_VALUE
    assert usage(load_keys, dump_keys([ED], PASSPHRASE), passphrase) is Usage.BAD_VALUE
    assert usage(write_keys, path, [ED], passphrase) is Usage.BAD_VALUE
    assert not path.exists()


# Any bytes -----------------------------------------------------------------------------


@given(st.binary(max_size=300))
def test_any_bytes_are_a_bad_key_file(data: bytes) -> None:
    assert outcome(data) is Usage.BAD_KEY_FILE


@given(st.sampled_from([b"ENCRYPTED PRIVATE KEY", b"PRIVATE KEY", b"X"]), st.binary(max_size=300))
def test_any_bytes_in_a_pem_block_are_a_bad_key_file(label: bytes, body: bytes) -> None:
    for inner in (body, base64.b64encode(body)):
        block = b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label, inner, label)
        assert outcome(block) is Usage.BAD_KEY_FILE


def test_truncated_file() -> None:
    pem = dump_keys([ED, ML], PASSPHRASE)
    first = pem.index(b"-----BEGIN", 1)
    for size in range(len(pem)):
        expected: object = Usage.BAD_KEY_FILE
        # A cut between the blocks leaves a smaller file that is whole: the channel's suite tells.
        if size in {first - 1, first}:
            expected = [ED.seed]
        elif size == len(pem) - 1:
            expected = [ED.seed, ML.seed]
        assert outcome(pem[:size]) == expected, size


def test_file_with_any_bit_flipped() -> None:
    pem = dump_keys([ED], PASSPHRASE)
    for bit in range(8 * len(pem)):
        damaged = bytearray(pem)
        damaged[bit // 8] ^= 1 << bit % 8
        assert outcome(bytes(damaged)) != [], bit


def armour(block: bytes) -> bytes:
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n%b\n-----END ENCRYPTED PRIVATE KEY-----" % (
        base64.encodebytes(block)
    )


def test_frame_has_one_form() -> None:
    """Each flipped bit outside salt, rounds, IV and encrypted key is a bad file; inside, no seed is right.

    The IV is the exception: it reaches the header of the key alone, and a reader may overlook it.
    """
    block = der(dump_keys([ED], PASSPHRASE))
    salt, rounds = range(35, 51), range(53, 54)
    vector, encrypted = range(len(block) - 82, len(block) - 66), range(len(block) - 64, len(block))
    for bit in range(8 * len(block)):
        damaged = bytearray(block)
        damaged[bit // 8] ^= 1 << bit % 8
        result = outcome(armour(bytes(damaged)))
        if bit // 8 in {*salt, *rounds, *encrypted}:
            assert result != [ED.seed], bit
        elif bit // 8 not in vector:
            assert result is Usage.BAD_KEY_FILE, bit


def test_frame_of_a_longer_key_has_one_form() -> None:
    """A P-384 key stands beside its public key, which must be its own; some lengths take more bytes."""
    block = der(dump_keys([EC], PASSPHRASE))
    salt, rounds = range(36, 52), range(54, 55)
    vector, encrypted = range(len(block) - 211, len(block) - 195), range(len(block) - 192, len(block))
    for bit in range(8 * len(block)):
        damaged = bytearray(block)
        damaged[bit // 8] ^= 1 << bit % 8
        result = outcome(armour(bytes(damaged)))
        if bit // 8 in {*salt, *rounds, *encrypted}:
            assert result != [EC.seed], bit
        elif bit // 8 not in vector:
            assert result is Usage.BAD_KEY_FILE, bit


def with_rounds(rounds: bytes) -> bytes:
    """A whole file of one block, its number of rounds replaced."""
    block = der(dump_keys([ED], PASSPHRASE))
    number = b"\x02%c%b\x30\x0c" % (len(rounds), rounds)
    altered = bytearray(block.replace(b"\x02\x01\x01\x30\x0c", number))
    for length in (2, 4, 17, 19, 32):  # of the sequences around the number
        altered[length] += len(altered) - len(block)
    return armour(bytes(altered))


BOUNDED = keyfile.MAX_ITERATIONS + 1


@pytest.mark.parametrize("rounds", ["00", "ff", "0001", "ffffff", "7fffffff", f"00{BOUNDED:x}"])
def test_rounds_are_bounded_before_they_are_done(rounds: str) -> None:
    """A file must not ask for an hour of work; `cryptography` alone would do it."""
    assert outcome(with_rounds(b"\x01")) == [ED.seed]
    assert outcome(with_rounds(b"\x01\x00")) is Usage.WRONG_PASSPHRASE
    assert outcome(with_rounds(bytes.fromhex(rounds))) is Usage.BAD_KEY_FILE


# What is refused -----------------------------------------------------------------------


def unknown_key(_: SigningKey) -> bytes:
    """PKCS #8 with an algorithm (2.999) that nobody knows, as long as an Ed25519 key."""
    return bytes.fromhex("302d02010030040602883704220420") + bytes(32)


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "got 0"),
        (b"\n", "got 0"),
        (dump_keys([ED], PASSPHRASE) * 3, "got 3"),
        (dump_keys([ED], PASSPHRASE) * 2, "two keys of ed25519"),
        (b"Bag Attributes\n" + dump_keys([ED], PASSPHRASE), "outside"),
        (dump_keys([ED], PASSPHRASE) + b"-----BEGIN X-----", "outside"),
        (dump_keys([ED], PASSPHRASE).replace(b"\nM", b"\n=M"), "base64"),
        (b" " * (keyfile.MAX_KEY_FILE + 1), "larger"),
        (pem_of(ed25519.Ed25519PrivateKey.generate(), encrypted=False), "not encrypted"),
        (pem_of(x25519.X25519PrivateKey.generate()), "algorithm"),
        (pem_of(mldsa.MLDSA44PrivateKey.generate()), "algorithm"),
        (pem_of(ed448.Ed448PrivateKey.generate()), "PBES2"),
        (pem_of(ec.generate_private_key(ec.SECP256R1())), "PBES2"),
        (pem_of(ec.generate_private_key(ec.SECP521R1())), "PBES2"),
        (pem_of(ec.generate_private_key(ec.BrainpoolP384R1())), "algorithm"),
        (pem_of(rsa.generate_private_key(65537, 2048)), "PBES2"),
        (
            ed25519.Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
            "ENCRYPTED PRIVATE KEY",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_key_file(data: bytes, detail: str) -> None:
    with pytest.raises(UsageError, match=detail) as caught:
        load_keys(data, PASSPHRASE)
    assert caught.value.code is Usage.BAD_KEY_FILE


def test_key_of_an_unknown_algorithm_is_a_bad_key_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfile, "_private_info", unknown_key)
    assert outcome(dump_keys([ED], PASSPHRASE)) is Usage.BAD_KEY_FILE


@pytest.mark.parametrize("keys", [[], [ED, ED], [ED, ML, EC], [ED.key], [None]])
def test_keys_to_dump_are_of_different_algorithms(keys: Any) -> None:
    assert usage(dump_keys, keys, PASSPHRASE) is Usage.BAD_VALUE


def test_data_is_bytes() -> None:
    text: Any = dump_keys([ED], PASSPHRASE).decode()
    assert usage(load_keys, text, PASSPHRASE) is Usage.BAD_VALUE


@EACH
def test_no_message_shows_a_secret(key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    write_keys(path, [key], PASSPHRASE)
    calls: list[Callable[[], object]] = [
        lambda: load_keys(path.read_bytes(), b"wrong secret"),
        lambda: load_keys(path.read_bytes() * 2, PASSPHRASE),
        lambda: dump_keys([key, key], PASSPHRASE),
        lambda: write_keys(path, [key], PASSPHRASE),
    ]
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.__cause__ is None
        for secret in (key.seed.hex(), repr(key.seed), PASSPHRASE.decode(), "wrong secret"):
            assert secret not in str(caught.value)


# Files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", list(Suite))
@pytest.mark.parametrize("kind", [str, Path])
def test_file_round_trip_is_for_its_owner_alone(suite: Suite, kind: Any, tmp_path: Path) -> None:
    path, keys = tmp_path / "key.pem", generate(suite)
    write_keys(kind(path), keys, PASSPHRASE)
    assert [key.seed for key in read_keys(kind(path), PASSPHRASE)] == [key.seed for key in keys]
    assert os.name != "posix" or stat.S_IMODE(path.stat().st_mode) == 0o600


def test_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    write_keys(path, [ED], PASSPHRASE)
    before = path.read_bytes()
    assert usage(write_keys, path, [ML], PASSPHRASE) is Usage.BAD_KEY_FILE
    dangling = tmp_path / "link.pem"
    dangling.symlink_to(tmp_path / "elsewhere.pem")
    assert usage(write_keys, dangling, [ML], PASSPHRASE) is Usage.BAD_KEY_FILE
    assert path.read_bytes() == before
    assert not (tmp_path / "elsewhere.pem").exists()


def test_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "key.pem"
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left") as caught:
        write_keys(path, [ED], PASSPHRASE)
    assert caught.value.code is Usage.BAD_KEY_FILE
    assert not path.exists()


@pytest.mark.parametrize("name", ["missing.pem", "missing/key.pem", ".", "nul\0.pem"])
def test_path_that_cannot_be_used(name: str, tmp_path: Path) -> None:
    assert usage(read_keys, f"{tmp_path}/{name}", PASSPHRASE) is Usage.BAD_KEY_FILE
    if name != "missing.pem":
        assert usage(write_keys, f"{tmp_path}/{name}", [ED], PASSPHRASE) is Usage.BAD_KEY_FILE


def test_large_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert usage(read_keys, path, PASSPHRASE) is Usage.BAD_KEY_FILE
