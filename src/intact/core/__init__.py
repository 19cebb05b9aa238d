"""What every wing rests on: errors, values and their order, paths, counts, text of the shell, temporary files.

In comes what the standard library gives; out go small functions and records that know nothing of audits. A module
here may use other modules of the core, and no other wing.
"""
