"""Values of labels that nobody is to read (`-remoteWrite.obfuscateLabels`).

Takes a value, gives what stands for it. As vmagent: SHA-256 in hexadecimal, without salt, so that
equal values stay equal everywhere; an empty value stays empty, it is no label.
"""

from hashlib import sha256


def obfuscate(value: str) -> str:
    return sha256(value.encode()).hexdigest() if value else ""
