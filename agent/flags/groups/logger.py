"""`-logger*`: what is logged, how, and where to."""

from agent.flags.flag import BOOL, INT, STRING, Flag, Group

LEVELS = ("DEBUG", "INFO", "WARN", "ERROR", "FATAL", "PANIC")

GROUP = Group(
    "logger",
    "Logging",
    (
        Flag("loggerLevel", STRING, "INFO", "The least level to log.", choices=LEVELS),
        Flag(
            "loggerFormat",
            STRING,
            "default",
            "Lines of text parted by tabs, or of JSON.",
            choices=("default", "json"),
        ),
        Flag(
            "loggerOutput",
            STRING,
            "stderr",
            "Where the log goes.",
            choices=("stderr", "stdout"),
        ),
        Flag(
            "loggerTimezone",
            STRING,
            "UTC",
            "The time zone of timestamps: an IANA name such as Europe/Berlin, or Local.",
        ),
        Flag("loggerDisableTimestamps", BOOL, False, "Log without timestamps."),
        Flag(
            "loggerJSONFields",
            STRING,
            "",
            "Other names for JSON fields, such as `ts:timestamp,msg:message`; the fields are ts, "
            "level, caller and msg.",
        ),
        Flag(
            "loggerMaxArgLen",
            INT,
            5000,
            "Longer texts within a message are cut to `start..end`; 0 cuts nothing.",
        ),
        Flag(
            "loggerErrorsPerSecondLimit",
            INT,
            0,
            "The most errors per second from one place in the code; 0 is no limit.",
        ),
        Flag(
            "loggerWarnsPerSecondLimit",
            INT,
            0,
            "The most warnings per second from one place in the code; 0 is no limit.",
        ),
    ),
)
