"""The pages: one module for each family, each a function from snapshots to pieces of HTML."""
