"""The rules, in plain Python: no input or output, time is passed in."""
