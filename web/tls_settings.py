"""What TLS for the agent's own pages is made from. Imports no TLS: most agents have none here."""

import attrs

# By Go's names, those of ssl.TLSVersion.
VERSIONS = {
    "TLS10": "TLSv1",
    "TLS11": "TLSv1_1",
    "TLS12": "TLSv1_2",
    "TLS13": "TLSv1_3",
}


class TlsError(Exception):
    """Files or settings that make no TLS; the message names the file."""


@attrs.frozen(kw_only=True)
class ServerTls:
    """`client_certificates`: "" for none, "optional" or "required". Without `client_ca_file` the
    system's certificates judge them. `cipher_suites` are OpenSSL's or the RFCs' names."""

    cert_file: str
    key_file: str
    min_version: str = "TLS12"
    max_version: str = ""
    cipher_suites: tuple[str, ...] = ()
    client_certificates: str = ""
    client_ca_file: str = ""
    client_names: tuple[str, ...] = ()
    http2: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.cert_file, self.key_file, self.client_ca_file)))
