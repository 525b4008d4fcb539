"""From YAML to settings: every key, every mistake told at once.

The way of a file: `source` (text, placeholders) -> `compose` (nodes with places) -> `decode` (the
sections' classes, by a table of their fields) -> `sections` (all files) -> `load` (settings).
`render` is the way back, `lint`, `schema` and `document` read the same sections.
"""
