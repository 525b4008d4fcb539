"""What can go wrong in a queue, as fields and a sentence that says what to do."""


class QueueError(Exception):
    """A queue that cannot be opened as configured: locked, not writable, not a directory."""

    def __init__(self, path: str, reason: str, hint: str) -> None:
        super().__init__(f"queue {path}: {reason}; {hint}")
        self.path, self.reason, self.hint = path, reason, hint


class DiskError(Exception):
    """A directory operation that failed: the queue goes on in memory and tries again."""

    def __init__(self, action: str, name: str, cause: OSError) -> None:
        super().__init__(f"cannot {action} {name}: {cause.strerror or cause}")
        self.action, self.name, self.cause = action, name, cause


class DamageError(ValueError):
    """Stored bytes that are not what was written. Costs the one record that they hold."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} at byte {offset}")
        self.reason, self.offset = reason, offset
