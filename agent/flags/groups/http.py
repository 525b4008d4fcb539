"""`-http*`: the agent's own pages and the API."""

from agent.flags.flag import BOOL, DURATION, PASSWORD, STRING, Flag, Group
from agent.flags.groups import when

_KEYS = (
    ("configAuthKey", "/config"),
    ("reloadAuthKey", "/-/reload"),
    ("metricsAuthKey", "/metrics"),
    ("flagsAuthKey", "/flags"),
    ("pprofAuthKey", "/debug/tasks"),
)

GROUP = Group(
    "http",
    "The agent's own pages",
    (
        Flag(
            "httpListenAddr",
            STRING,
            ":8429",
            "Where to answer HTTP requests, host:port or unix:/path; repeatable. Empty: nowhere.",
            many=True,
        ),
        Flag(
            "httpListenAddr.useProxyProtocol",
            BOOL,
            False,
            "Expect HAProxy's PROXY protocol.",
            many=True,
            later=when.PROXY_PROTOCOL,
        ),
        Flag("httpAuth.username", STRING, "", "User name for basic auth."),
        Flag("httpAuth.password", PASSWORD, "", "Password for basic auth."),
        *(
            Flag(
                name,
                PASSWORD,
                "",
                f"The ?authKey= that {path} demands, in place of basic authentication.",
            )
            for name, path in _KEYS
        ),
        Flag("http.pathPrefix", STRING, "", "What all paths begin with."),
        *(
            Flag(f"http.{name}", DURATION, default_s, text)
            for name, default_s, text in (
                ("connTimeout", 120, "After how long a connection ends with its next answer."),
                ("idleConnTimeout", 60, "How long a connection may be idle."),
                ("maxGracefulShutdownDuration", 2, "How long requests may take at the stop."),
                ("shutdownDelay", 0, "How long /health answers 503 before the stop."),
            )
        ),
        *(
            Flag(f"http.{name}", BOOL, False, text)
            for name, text in (
                ("disableKeepAlive", "Close each connection after one request."),
                ("disableResponseCompression", "Never compress answers."),
                ("header.disableServerHostname", "Send no X-Server-Hostname header."),
            )
        ),
        Flag(
            "http.disableCORS",
            BOOL,
            False,
            "Send no CORS headers.",
            idle="no page of another site may ever read the agent's answers",
            quiet=True,
        ),
        *(
            Flag(f"http.header.{name}", STRING, "", text)
            for name, text in (
                ("hsts", "Value of the Strict-Transport-Security header."),
                ("csp", "Value of the Content-Security-Policy header."),
                ("frameOptions", "Value of the X-Frame-Options header."),
            )
        ),
    ),
)
