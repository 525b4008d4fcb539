"""`-tls*`, `-mtls*`: TLS for the agent's own pages, one item for each `-httpListenAddr`."""

from agent.flags.flag import BOOL, STRING, Flag, Group
from agent.flags.groups import when

_AUTOCERT = "As in vmagent."

GROUP = Group(
    "tls",
    "TLS for the agent's own pages",
    (
        Flag("tls", BOOL, False, "Answer by HTTPS.", many=True),
        Flag("mtls", BOOL, False, "Demand client certificates.", many=True),
        *(
            Flag(name, STRING, "", text, many=True)
            for name, text in (
                ("tlsCertFile", "A file with the certificate to show, re-read on change."),
                ("tlsKeyFile", "A file with the certificate's key."),
                (
                    "tlsMinVersion",
                    "The least TLS version to accept: TLS10, TLS11, TLS12 (the default) or TLS13.",
                ),
                (
                    "tlsCipherSuites",
                    "The cipher suites to accept below TLS 1.3, for every address.",
                ),
                (
                    "mtlsCAFile",
                    "The CA certificates to verify clients by; without it the system's.",
                ),
            )
        ),
        Flag("tlsAutocertHosts", STRING, "", _AUTOCERT, many=True, later=when.AUTOCERT),
        Flag("tlsAutocertEmail", STRING, "", _AUTOCERT, later=when.AUTOCERT),
        Flag("tlsAutocertCacheDir", STRING, "", _AUTOCERT, later=when.AUTOCERT),
    ),
)
