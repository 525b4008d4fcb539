"""Relabelling: label sets in, label sets or "dropped" out. Pure: no network, no clock, no logging.

Start at `pipeline.py`; what a rule is stands in `rule.py`, what each action does in `actions.py`.
"""
