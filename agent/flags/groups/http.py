"""`-http*`: the agent's own pages and the API."""

from agent.flags.flag import BOOL, DURATION, PASSWORD, STRING, Flag, Group
from agent.flags.groups import when

_KEYS = (
    ("configAuthKey", "/config"),
    ("reloadAuthKey", "/-/reload"),
    ("metricsAuthKey", "/metrics"),
    ("flagsAuthKey", "/flags"),
    ("pprofAuthKey", "/debug/pprof/"),
)

GROUP = Group(
    "http",
    "The agent's own pages",
    (
        Flag(
            "httpListenAddr",
            STRING,
            ":8429",
            "Where to answer HTTP requests, host:port; repeatable. Empty listens nowhere.",
            many=True,
        ),
        Flag(
            "httpListenAddr.useProxyProtocol",
            BOOL,
            False,
            "Expect HAProxy's PROXY protocol.",
            many=True,
            later=when.SERVER,
        ),
        Flag("httpAuth.username", STRING, "", "User name for basic auth.", later=when.SERVER),
        Flag("httpAuth.password", PASSWORD, "", "Password for basic auth.", later=when.SERVER),
        *(
            Flag(
                name,
                PASSWORD,
                "",
                f"The ?authKey= that {path} demands, in place of basic authentication.",
                later=when.SERVER,
            )
            for name, path in _KEYS
        ),
        Flag("http.pathPrefix", STRING, "", "What all paths begin with.", later=when.SERVER),
        *(
            Flag(f"http.{name}", DURATION, default_s, text, later=when.SERVER)
            for name, default_s, text in (
                ("connTimeout", 120, "How long a connection may live."),
                ("idleConnTimeout", 60, "How long a connection may be idle."),
                ("maxGracefulShutdownDuration", 7, "How long requests may take at the stop."),
                ("shutdownDelay", 0, "How long /health says no before the stop."),
            )
        ),
        *(
            Flag(f"http.{name}", BOOL, False, text, later=when.SERVER)
            for name, text in (
                ("disableKeepAlive", "Close each connection after one request."),
                ("disableResponseCompression", "Never compress answers."),
                ("disableCORS", "Send no CORS headers."),
                ("header.disableServerHostname", "Send no X-Server-Hostname header."),
            )
        ),
        *(
            Flag(f"http.header.{name}", STRING, "", text, later=when.SERVER)
            for name, text in (
                ("hsts", "Value of the Strict-Transport-Security header."),
                ("csp", "Value of the Content-Security-Policy header."),
                ("frameOptions", "Value of the X-Frame-Options header."),
            )
        ),
    ),
)
