"""How does CPython give the firmware the AES blocks that `cryptolib` gives it on MicroPython?

Only the part that firmware/link/seal.py uses: mode 1 (ECB), encrypting. The cipher is that of the `cryptography`
package, so the gateway's blocks come from OpenSSL.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_MODE_ECB = 1


class aes:
    """AES in ECB mode over a 16-byte `key`. Raises ValueError for any other mode or key length."""

    def __init__(self, key, mode):
        if mode != _MODE_ECB or len(key) != 16:
            raise ValueError("only AES-128 in ECB mode (1) is provided")
        self._context = Cipher(algorithms.AES(bytes(key)), modes.ECB()).encryptor()

    def encrypt(self, source, target):
        """Encrypt whole 16-byte blocks of `source` into the buffer `target`, which may be `source` itself."""
        target[: len(source)] = self._context.update(bytes(source))
