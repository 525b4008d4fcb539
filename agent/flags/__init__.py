"""The command line: vmagent's flags, Prometheus' as aliases, promferry's own.

The table is in `groups/`, one file for each group; everything else reads the table. Start with
`flag.py` (what a flag is), then `parser.py` (argv to `Values`), then `remotes.py`.
"""
