"""The tag list: what tags are called, how they belong together, what was decided by itself, what learning brought."""
