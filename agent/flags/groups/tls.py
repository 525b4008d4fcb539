"""`-tls*`, `-mtls*`: TLS for the agent's own pages, one item for each `-httpListenAddr`."""

from agent.flags.flag import BOOL, STRING, Flag, Group
from agent.flags.groups import when

_AUTOCERT = "As in vmagent."

GROUP = Group(
    "tls",
    "TLS for the agent's own pages",
    (
        Flag("tls", BOOL, False, "Answer by HTTPS.", many=True, later=when.SERVER),
        Flag("mtls", BOOL, False, "Demand client certificates.", many=True, later=when.SERVER),
        *(
            Flag(name, STRING, "", text, many=True, later=when.SERVER)
            for name, text in (
                ("tlsCertFile", "A file with the certificate to show, re-read on change."),
                ("tlsKeyFile", "A file with the certificate's key."),
                ("tlsMinVersion", "The least TLS version to accept: TLS12 or TLS13."),
                ("tlsCipherSuites", "The cipher suites to accept."),
                ("mtlsCAFile", "A file with the CA certificates to verify clients by."),
            )
        ),
        Flag("tlsAutocertHosts", STRING, "", _AUTOCERT, many=True, later=when.AUTOCERT),
        Flag("tlsAutocertEmail", STRING, "", _AUTOCERT, later=when.AUTOCERT),
        Flag("tlsAutocertCacheDir", STRING, "", _AUTOCERT, later=when.AUTOCERT),
    ),
)
