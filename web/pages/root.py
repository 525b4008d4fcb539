"""`/` as plain text, and what there is not: the list of pages, and a hint towards them."""

Entries = tuple[tuple[str, str], ...]


def root_plain(title: str, entries: Entries) -> str:
    width = max(len(path) for path, _ in entries)
    lines = [f"{path:{width}}  {what}" for path, what in entries]
    return "\n".join([title, "", *lines, ""])


def not_found(path: str, entries: Entries) -> str:
    """One line that helps: the nearest page, or where the list is."""
    from difflib import get_close_matches  # late: only a mistake needs it

    known = [known_path for known_path, _ in entries]
    near = get_close_matches(path[:100], known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "/ lists what there is"
    return f"nothing at {path[:100]}; {hint}\n"
